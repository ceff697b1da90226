// The engine on a virtual clock: the same shards, no sockets, no threads, no kernel clock. Time
// stands still until a sim_advance command moves it, for all shards together; submit() runs
// everything before it returns. For replay, simulation and tests.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "engine/driver.h"
#include "sim/virtual_shard.h"

namespace sim {

class VirtualEngine final : public engine::Driver {
 public:
  // The addresses of the config are taken as bound; port 0 becomes kAnyPort + shard.
  static constexpr uint16_t kAnyPort = 40000;
  // Where time begins. Not 0: what subtracts a past span from the present must work from the start.
  static constexpr base::Instant kStart{1'000'000'000};

  // nullptr when no DTLS certificate can be made.
  static std::unique_ptr<VirtualEngine> start(const engine::DriverConfig& config,
                                              const engine::WakeListener& wake);

  const std::vector<engine::BoundAddress>& addresses() const override { return addresses_; }
  const crypto::Fingerprint& fingerprint() const override { return certificate_->fingerprint(); }
  void submit(size_t shard, std::span<const uint8_t> batch) override;
  void take_events(std::vector<uint8_t>& out) override;
  size_t read_stats(std::span<double> out) override;
  void close() override {}

 private:
  VirtualEngine(const engine::DriverConfig& config, engine::WakeListener wake,
                std::shared_ptr<const crypto::Certificate> certificate);

  engine::CommandStatus run_sim_command(VirtualShard& shard, const engine::Frame& frame);
  engine::CommandStatus advance(base::Instant to);
  // What shards relay to each other arrives at once.
  void deliver_relays();

  engine::WakeListener wake_;
  std::shared_ptr<const crypto::Certificate> certificate_;
  std::vector<engine::BoundAddress> addresses_;
  engine::RelayMesh mesh_;
  std::vector<std::unique_ptr<VirtualShard>> shards_;
  std::vector<engine::CommandStatus> statuses_;
  base::Instant now_ = kStart;
};

}  // namespace sim
