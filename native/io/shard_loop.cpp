#include "io/shard_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <numeric>

#include "io/kernel.h"

namespace io {

namespace {

constexpr uint64_t kInboxToken = ~uint64_t{0};
// Receive calls on one socket before the others, commands and deadlines get their turn. Higher
// starves them under flood, lower costs an epoll call more often.
constexpr int kReceivesPerTurn = 4;
constexpr size_t kMaxEvents = 16;

void watch(int epoll, int fd, uint64_t token) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = token;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Waits with the clock's resolution where the kernel can (5.11), else in milliseconds, rounded up:
// a deadline is met late, never in vain.
int wait_for_events(int epoll, std::span<epoll_event> events, base::Duration timeout) {
  const auto room = static_cast<int>(events.size());
  timespec span{timeout.us / 1'000'000, timeout.us % 1'000'000 * 1000};
  const int count = epoll_pwait2(epoll, events.data(), room, &span, nullptr);
  if (count >= 0 || errno == EINTR) return count;
  return epoll_wait(epoll, events.data(), room, static_cast<int>((timeout.us + 999) / 1000));
}

}  // namespace

ShardLoop::ShardLoop(engine::Shard& shard, const std::vector<UdpSocket>& sockets,
                     const Exchange& exchange)
    : shard_(shard),
      sockets_(sockets),
      exchange_(exchange),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      incoming_(shard.packets()),
      kernel_drops_(sockets.size()) {
  watch(epoll_.get(), exchange.inbox.descriptor(), kInboxToken);
  for (size_t i = 0; i < sockets.size(); ++i) watch(epoll_.get(), sockets[i].fd(), i);
}

void ShardLoop::run() {
  while (!is_stopping_) {
    wait();
    for (const size_t socket : readable_) receive(socket);
    if (has_requests_) serve_requests();
    run_timeouts();
    flush();
    exchange_.outbox.append(out_.events);
    if (requests_.stats) offer_stats();
    requests_.clear();
  }
}

void ShardLoop::wait() {
  // An hour stands for never: the loop looks around and waits again.
  constexpr base::Duration kLongest = base::Duration::seconds(3600);
  const base::Instant deadline = shard_.next_deadline();
  const base::Duration left =
      deadline.is_never() ? kLongest : std::clamp(deadline - monotonic_now(), {}, kLongest);
  std::array<epoll_event, kMaxEvents> events;
  const int count = wait_for_events(epoll_.get(), events, left);

  ++shard_.counters().wakeups;
  readable_.clear();
  has_requests_ = false;
  for (int i = 0; i < count; ++i) {
    const uint64_t token = events[i].data.u64;  // a copy: the kernel's struct is packed
    if (token == kInboxToken) {
      has_requests_ = true;
    } else {
      readable_.push_back(token);
    }
  }
}

void ShardLoop::receive(size_t socket) {
  for (int i = 0; i < kReceivesPerTurn; ++i) {
    const size_t count = incoming_.receive(sockets_[socket]);
    ++shard_.counters().receive_calls;
    if (count == 0) return;
    handle_datagrams(sockets_[socket], count);
    flush();  // before the next batch: what 64 packets make of themselves fits into few slabs
    if (incoming_.kernel_drops() != 0) kernel_drops_[socket] = incoming_.kernel_drops();
    if (count < ReceiveBatch::kSize) return;
  }
}

void ShardLoop::handle_datagrams(const UdpSocket& socket, size_t count) {
  engine::ShardStats& counters = shard_.counters();
  const base::Instant now = monotonic_now();
  for (size_t i = 0; i < count; ++i) {
    ++counters.packets_received;
    counters.bytes_received += static_cast<double>(incoming_.size(i));
    base::PacketRef packet = incoming_.take(i);
    if (!packet) {
      ++counters.dropped_pool_exhausted;
    } else if (incoming_.is_oversized(i)) {
      ++counters.dropped_oversized;
    } else if (const base::SocketAddress remote = incoming_.remote(i); !socket.accepts(remote)) {
      ++counters.dropped_unknown_address;
    } else {
      shard_.handle_datagram({socket.local(), remote}, std::move(packet), now, out_);
    }
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
  is_stopping_ = requests_.stop;
}

void ShardLoop::run_timeouts() {
  const base::Instant now = monotonic_now();
  if (shard_.next_deadline() <= now) shard_.handle_timeout(now, out_);
}

void ShardLoop::flush() {
  engine::ShardStats& counters = shard_.counters();
  bool is_more_waiting = true;
  while (is_more_waiting) {
    is_more_waiting = shard_.flush(monotonic_now(), out_);
    const SendResult result = outgoing_.send(sockets_, out_.slab.transmits());
    counters.packets_sent += static_cast<double>(result.packets);
    counters.bytes_sent += static_cast<double>(result.bytes);
    counters.dropped_send_failed += static_cast<double>(result.failed);
    counters.send_calls += static_cast<double>(result.calls);
    out_.slab.reset();
  }
}

void ShardLoop::offer_stats() {
  engine::ShardStats& counters = shard_.counters();
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
