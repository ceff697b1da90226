#include "io/shard_loop.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "io/kernel.h"

namespace io {

namespace {

// Receive calls on one socket before the others, commands and deadlines get their turn. Higher
// starves them under flood, lower costs an epoll call more often.
constexpr int kReceivesPerTurn = 4;
// Descriptors that are looked at in one turn; the kernel begins the next turn with the others.
constexpr size_t kMaxEvents = 64;
// Where packets wake the thread more often than every second one of these, the next turn begins so
// long after this one, at least: what comes meanwhile shares caches and system calls. More saves a
// little more (at 1 ms 5 % of a packet) and delays every packet by half of it.
constexpr base::Duration kTurn = base::Duration::micros(100);

}  // namespace

ShardLoop::ShardLoop(engine::Shard& shard, std::vector<UdpSocket>& sockets,
                     const Exchange& exchange)
    : shard_(shard),
      sockets_(sockets),
      exchange_(exchange),
      incoming_(shard.packets()),
      streams_(epoll_),
      kernel_drops_(sockets.size()) {
  epoll_.watch(exchange.inbox.descriptor(), {SourceKind::kInbox, 0});
  epoll_.watch(exchange.bell.descriptor(), {SourceKind::kRelays, 0});
  for (size_t i = 0; i < sockets.size(); ++i) {
    epoll_.watch(sockets[i].fd(), {SourceKind::kUdp, i});
  }
}

void ShardLoop::accept_for(std::vector<TcpListener> listeners, std::vector<CommandInbox*> shards) {
  if (!listeners.empty()) acceptor_.emplace(epoll_, std::move(listeners), std::move(shards));
}

void ShardLoop::relay_over(engine::RelayPorts ports, std::vector<RelayBell*> bells) {
  out_.relays = std::move(ports);
  bells_ = std::move(bells);
}

void ShardLoop::run() {
  while (!is_stopping_) {
    wait();
    for (const Ready& ready : ready_) serve(ready);
    if (has_requests_) serve_requests();
    run_timeouts();
    flush();
    exchange_.outbox.append(out_.events);
    if (requests_.stats) offer_stats();
    requests_.clear();
  }
}

base::Instant ShardLoop::next_deadline() const {
  const base::Instant accepting = acceptor_ ? acceptor_->next_deadline() : base::Instant::never();
  return std::min({shard_.next_deadline(), streams_.next_deadline(), accepting});
}

void ShardLoop::wait() {
  // An hour stands for never: the loop looks around and waits again.
  constexpr base::Duration kLongest = base::Duration::seconds(3600);
  if (is_crowded_) sleep_until(turn_at_ + kTurn);
  const base::Instant deadline = next_deadline();
  const base::Duration left =
      deadline.is_never() ? kLongest : std::clamp(deadline - monotonic_now(), {}, kLongest);
  std::array<epoll_event, kMaxEvents> events;
  const int count = epoll_.wait(events, left);
  const base::Instant now = monotonic_now();
  is_crowded_ = now - turn_at_ < kTurn * 2;
  turn_at_ = now;

  ++shard_.counters().wakeups;
  ready_.clear();
  has_requests_ = false;
  for (int i = 0; i < count; ++i) {
    const uint64_t token = events[i].data.u64;  // a copy: the kernel's struct is packed
    const Source source = Source::of(token);
    if (source.kind == SourceKind::kInbox) {
      has_requests_ = true;
    } else {
      ready_.push_back({source, events[i].events});
    }
  }
}

void ShardLoop::serve(const Ready& ready) {
  switch (ready.source.kind) {
    case SourceKind::kInbox:
      break;
    case SourceKind::kRelays:
      return serve_relays();
    case SourceKind::kUdp:
      return receive(ready.source.number);
    case SourceKind::kListener:
      return acceptor_->accept(ready.source.number, monotonic_now());
    case SourceKind::kPending:
      return acceptor_->look(ready.source.number);
    case SourceKind::kConnection:
      return serve_connection(ready.source.number, ready.events);
  }
}

void ShardLoop::receive(size_t socket) {
  engine::ShardStats& counters = shard_.counters();
  for (int i = 0; i < kReceivesPerTurn; ++i) {
    const size_t messages = incoming_.receive(sockets_[socket]);
    ++counters.receive_calls;
    counters.receive_messages += static_cast<double>(messages);
    while (handle_datagrams(sockets_[socket])) flush();
    if (incoming_.kernel_drops() != 0) kernel_drops_[socket] = incoming_.kernel_drops();
    if (messages < ReceiveBatch::kSize) return;
  }
}

// Takes up to kPacketsPerFlush of what was received; false: there was nothing. What a packet needs
// has left the caches since its sender's last one, and is fetched while those before are handled.
bool ShardLoop::handle_datagrams(const UdpSocket& socket) {
  const base::Instant now = monotonic_now();
  size_t count = 0;
  while (count < kPacketsPerFlush && incoming_.next(datagrams_[count])) ++count;
  const std::span<ReceivedDatagram> all = std::span(datagrams_).first(count);
  const auto is_another = [&](size_t i) {
    return i < count && all[i].packet && all[i].remote != all[i - 1].remote;
  };
  for (size_t i = 0; i < count; ++i) {
    if (is_another(i + 2)) shard_.expect({socket.local(), all[i + 2].remote});
    if (is_another(i + 1)) {
      shard_.expect_soon({socket.local(), all[i + 1].remote}, all[i + 1].packet.bytes());
    }
    handle_datagram(socket, all[i], now);
  }
  return count > 0;
}

void ShardLoop::handle_datagram(const UdpSocket& socket, ReceivedDatagram& datagram,
                                base::Instant now) {
  engine::ShardStats& counters = shard_.counters();
  ++counters.packets_received;
  counters.bytes_received += static_cast<double>(datagram.size);
  if (!datagram.packet) {
    ++counters.dropped_pool_exhausted;
  } else if (datagram.is_oversized) {
    ++counters.dropped_oversized;
  } else if (!socket.accepts(datagram.remote)) {
    ++counters.dropped_unknown_address;
  } else {
    shard_.handle_datagram({socket.local(), datagram.remote}, std::move(datagram.packet), now,
                           out_);
  }
  datagram.packet.reset();
}

void ShardLoop::serve_connection(size_t number, uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    TcpSendResult result;
    streams_.handle_writable(number, result);
    count_sent(result);
  }
  if ((events & ~EPOLLOUT) != 0) receive_stream(number);
}

void ShardLoop::receive_stream(size_t number) {
  for (int i = 0; i < kReceivesPerTurn; ++i) {
    const std::span<const uint8_t> stream = streams_.read(number, monotonic_now());
    ++shard_.counters().receive_calls;
    if (stream.empty()) return;
    handle_stream(*streams_.find(number), stream);
    flush();  // may end the connection: the next read looks it up again
  }
}

void ShardLoop::handle_stream(TcpConnection& connection, std::span<const uint8_t> stream) {
  engine::ShardStats& counters = shard_.counters();
  const base::Instant now = monotonic_now();
  std::span<const uint8_t> frame;
  wire::FrameStep step = connection.frames().next(stream, frame);
  for (; step == wire::FrameStep::kFrame; step = connection.frames().next(stream, frame)) {
    ++counters.packets_received;
    counters.bytes_received += static_cast<double>(frame.size());
    base::PacketRef packet = shard_.packets().acquire();
    if (!packet) {
      ++counters.dropped_pool_exhausted;
      continue;
    }
    std::copy(frame.begin(), frame.end(), packet.get()->bytes);
    packet.resize(frame.size());
    shard_.handle_datagram(connection.path(), std::move(packet), now, out_);
  }
  if (step != wire::FrameStep::kBroken) return;
  ++counters.dropped_oversized;
  streams_.close_path(connection.path());
}

// Everything that is there now; what comes meanwhile rings again.
void ShardLoop::serve_relays() {
  exchange_.bell.answer();
  const base::Instant now = monotonic_now();
  for (engine::RelayLink* link : out_.relays.from) {
    const size_t count = link == nullptr ? 0 : link->available();
    for (size_t i = 0; i < count; ++i) {
      shard_.handle_relay(link->front(), now, out_);
      link->pop();
      if (i % engine::kRelaysPerFlush == engine::kRelaysPerFlush - 1) flush();
    }
  }
  flush();
}

// Before sending: they work while this thread is in the kernel.
void ShardLoop::ring_bells() {
  for (uint32_t left = std::exchange(out_.relays.woken, 0); left != 0; left &= left - 1) {
    bells_[std::countr_zero(left)]->ring();
  }
}

void ShardLoop::adopt_connections() {
  for (AcceptedConnection& connection : requests_.connections) {
    if (!streams_.adopt(std::move(connection))) ++streams_refused_;
  }
}

void ShardLoop::serve_requests() {
  exchange_.inbox.take(requests_);
  const base::Instant now = monotonic_now();
  std::span<const uint8_t> rest = requests_.bytes;
  for (const size_t length : requests_.lengths) {
    shard_.handle_commands(rest.first(length), now, out_);
    rest = rest.subspan(length);
    ++batches_handled_;
  }
  adopt_connections();
  is_stopping_ = requests_.stop;
}

void ShardLoop::run_timeouts() {
  const base::Instant now = monotonic_now();
  if (shard_.next_deadline() <= now) shard_.handle_timeout(now, out_);
  streams_refused_ += streams_.sweep(now);
  if (acceptor_) acceptor_->sweep(now);
}

void ShardLoop::flush() {
  engine::ShardStats& counters = shard_.counters();
  shard_.show_relays(monotonic_now(), out_);
  ring_bells();
  bool is_more_waiting = true;
  while (is_more_waiting) {
    is_more_waiting = shard_.flush(monotonic_now(), out_);
    ring_bells();
    const SendResult result = outgoing_.send(sockets_, out_.slab.transmits());
    counters.packets_sent += static_cast<double>(result.packets);
    counters.bytes_sent += static_cast<double>(result.bytes);
    counters.dropped_send_failed += static_cast<double>(result.failed);
    counters.send_calls += static_cast<double>(result.calls);
    counters.send_messages += static_cast<double>(result.messages);
    counters.send_runs_refused += static_cast<double>(result.runs_refused);
    count_sent(streams_.send(out_.slab.transmits()));
    out_.slab.reset();
  }
}

void ShardLoop::count_sent(const TcpSendResult& result) {
  engine::ShardStats& counters = shard_.counters();
  counters.packets_sent += static_cast<double>(result.packets);
  counters.bytes_sent += static_cast<double>(result.bytes);
  counters.dropped_send_failed += static_cast<double>(result.failed);
  counters.dropped_stream_backlog += static_cast<double>(result.dropped);
  counters.send_calls += static_cast<double>(result.calls);
}

void ShardLoop::offer_stats() {
  engine::ShardStats& counters = shard_.counters();
  const AcceptorCounts accepting = acceptor_ ? acceptor_->counts() : AcceptorCounts();
  counters.tcp_connections = static_cast<double>(streams_.size());
  counters.tcp_accepted = static_cast<double>(accepting.accepted);
  counters.tcp_refused = static_cast<double>(accepting.refused + streams_refused_);
  counters.cpu_us = static_cast<double>(thread_cpu_time().us);
  counters.kernel_drops = std::accumulate(kernel_drops_.begin(), kernel_drops_.end(), 0.0);
  counters.dropped_events = static_cast<double>(exchange_.outbox.dropped());
  const base::Instant now = monotonic_now();
  tables_.shards.clear();
  tables_.transports.clear();
  tables_.inbound.clear();
  tables_.outbound.clear();
  shard_.append_stats(now, tables_);
  exchange_.stats.offer(tables_, batches_handled_, now);
}

}  // namespace io
