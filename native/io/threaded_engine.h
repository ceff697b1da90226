// The engine on the real clock: N shards, each with its thread and its own UDP port, and a TCP port
// for all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/driver.h"
#include "io/shard_thread.h"

namespace io {

class ThreadedEngine final : public engine::Driver {
 public:
  // Binds every socket, then starts the threads. nullptr when that fails; `error` then says what
  // and why, for people.
  static std::unique_ptr<ThreadedEngine> start(const engine::DriverConfig& config,
                                               const engine::WakeListener& wake,
                                               std::string& error);
  ~ThreadedEngine() override { close(); }

  const std::vector<engine::BoundAddress>& addresses() const override { return addresses_; }
  const crypto::Fingerprint& fingerprint() const override { return certificate_->fingerprint(); }
  void submit(size_t shard, std::span<const uint8_t> batch) override;
  void take_events(std::vector<uint8_t>& out) override;
  size_t read_stats(std::span<double> out) override;
  void close() override;

 private:
  ThreadedEngine(std::shared_ptr<const crypto::Certificate> certificate, size_t shards)
      : certificate_(std::move(certificate)), mesh_(shards) {}
  void run(std::vector<TcpListener> listeners);

  std::shared_ptr<const crypto::Certificate> certificate_;
  std::vector<engine::BoundAddress> addresses_;
  engine::RelayMesh mesh_;  // before the shards, which may use it until they have ended
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::vector<engine::StatsTables> tables_;
};

}  // namespace io
