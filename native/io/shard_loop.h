// The media thread of one shard: waits for packets, commands and deadlines, lets the shard work and
// sends what comes out. Everything here happens on that thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "engine/shard.h"
#include "io/command_inbox.h"
#include "io/epoll.h"
#include "io/event_outbox.h"
#include "io/receive_batch.h"
#include "io/relay_bell.h"
#include "io/send_batch.h"
#include "io/stats_exchange.h"
#include "io/tcp_acceptor.h"
#include "io/tcp_connections.h"
#include "io/udp_socket.h"

namespace io {

// Packets between two flushes: what they make of themselves fits into few slabs. Fewer cuts the
// runs of those who send in trains, more leaves the L2 cache.
inline constexpr size_t kPacketsPerFlush = 64;

class ShardLoop {
 public:
  // How the thread talks to others; outlives the loop.
  struct Exchange {
    CommandInbox& inbox;
    EventOutbox& outbox;
    StatsExchange& stats;
    RelayBell& bell;
  };

  ShardLoop(engine::Shard& shard, std::vector<UdpSocket>& sockets, const Exchange& exchange);

  // Before run(): this loop takes TCP connections for all shards, whose inboxes these are.
  void accept_for(std::vector<TcpListener> listeners, std::vector<CommandInbox*> shards);

  // Before run(): its ends of the links to the other shards, and the bells of all shards.
  void relay_over(engine::RelayPorts ports, std::vector<RelayBell*> bells);

  // Until stop is posted; serves what was posted before it and sends what that gives.
  void run();

 private:
  // A source that is ready, and how (epoll_ctl(2)).
  struct Ready {
    Source source;
    uint32_t events = 0;
  };

  void wait();
  base::Instant next_deadline() const;
  void serve(const Ready& ready);
  void receive(size_t socket);
  bool handle_datagrams(const UdpSocket& socket);
  void handle_datagram(const UdpSocket& socket, ReceivedDatagram& datagram, base::Instant now);
  void serve_connection(size_t number, uint32_t events);
  void receive_stream(size_t number);
  void handle_stream(TcpConnection& connection, std::span<const uint8_t> stream);
  void count_sent(const TcpSendResult& result);
  void serve_requests();
  void serve_relays();
  void ring_bells();
  void adopt_connections();
  void run_timeouts();
  void flush();
  void offer_stats();

  engine::Shard& shard_;
  std::vector<UdpSocket>& sockets_;
  Exchange exchange_;
  Epoll epoll_;
  ReceiveBatch incoming_;
  std::array<ReceivedDatagram, kPacketsPerFlush> datagrams_;
  SendBatch outgoing_;
  TcpConnections streams_;
  std::optional<TcpAcceptor> acceptor_;
  engine::ShardOutput out_;
  Requests requests_;
  engine::StatsTables tables_;
  std::vector<RelayBell*> bells_;
  std::vector<Ready> ready_;  // of this turn
  uint64_t streams_refused_ = 0;
  std::vector<uint32_t> kernel_drops_;
  uint64_t batches_handled_ = 0;
  base::Instant turn_at_;    // when this turn began
  bool is_crowded_ = false;  // it came soon after the one before
  bool has_requests_ = false;
  bool is_stopping_ = false;
};

}  // namespace io
