// One shard with its sockets and its thread. Made, used and destroyed by one other thread; the two
// meet only in the inbox, the outbox and the statistics.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/srtp_cipher.h"
#include "engine/driver.h"
#include "engine/shard.h"
#include "io/kernel.h"
#include "io/shard_loop.h"

namespace io {

class ShardThread {
 public:
  ShardThread(uint16_t shard, std::shared_ptr<const crypto::Certificate> certificate,
              std::vector<UdpSocket> sockets, bool use_batch_cipher, engine::WakeListener wake);
  ~ShardThread() { stop(); }
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  // Before start(): this thread takes TCP connections for all shards, whose inboxes these are.
  void accept_for(std::vector<TcpListener> listeners, std::vector<CommandInbox*> shards) {
    loop_.accept_for(std::move(listeners), std::move(shards));
  }
  // Before start(): its ends of the links to the other shards, and the bells of all shards.
  void relay_over(engine::RelayPorts ports, std::vector<RelayBell*> bells) {
    loop_.relay_over(std::move(ports), std::move(bells));
  }
  RelayBell& bell() { return bell_; }
  // Once. The thread takes no signals: they are the business of the process's own threads.
  void start();
  CommandInbox& inbox() { return inbox_; }
  void submit(std::span<const uint8_t> batch);
  void take_events(std::vector<uint8_t>& out) { outbox_.take(out); }
  // Blocks for StatsExchange::kPatience at most.
  void read_stats(engine::StatsTables& out);
  // Serves what was submitted and joins. A turn of the loop is bounded work, so this is too.
  void stop();

 private:
  KernelRandom random_;
  std::unique_ptr<crypto::SrtpCipher> cipher_;
  std::vector<UdpSocket> sockets_;
  engine::Shard shard_;
  CommandInbox inbox_;
  EventOutbox outbox_;
  StatsExchange stats_;
  RelayBell bell_;
  ShardLoop loop_;
  std::string name_;
  uint64_t batches_posted_ = 0;
  std::thread thread_;
};

}  // namespace io
