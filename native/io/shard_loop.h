// The media thread of one shard: waits for packets, commands and deadlines, lets the shard work and
// sends what comes out. Everything here happens on that thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "engine/shard.h"
#include "io/command_inbox.h"
#include "io/descriptor.h"
#include "io/event_outbox.h"
#include "io/receive_batch.h"
#include "io/send_batch.h"
#include "io/stats_exchange.h"
#include "io/udp_socket.h"

namespace io {

class ShardLoop {
 public:
  // How the thread talks to others; outlives the loop.
  struct Exchange {
    CommandInbox& inbox;
    EventOutbox& outbox;
    StatsExchange& stats;
  };

  ShardLoop(engine::Shard& shard, const std::vector<UdpSocket>& sockets, const Exchange& exchange);

  // Until stop is posted; serves what was posted before it and sends what that gives.
  void run();

 private:
  void wait();
  void receive(size_t socket);
  void handle_datagrams(const UdpSocket& socket, size_t count);
  void serve_requests();
  void run_timeouts();
  void flush();
  void offer_stats();

  engine::Shard& shard_;
  const std::vector<UdpSocket>& sockets_;
  Exchange exchange_;
  Descriptor epoll_;
  ReceiveBatch incoming_;
  SendBatch outgoing_;
  engine::ShardOutput out_;
  Requests requests_;
  engine::StatsTables tables_;
  std::vector<size_t> readable_;  // indices of sockets, of this turn
  std::vector<uint32_t> kernel_drops_;
  uint64_t batches_handled_ = 0;
  bool has_requests_ = false;
  bool is_stopping_ = false;
};

}  // namespace io
