#include "io/tcp_acceptor.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/byte_reader.h"
#include "engine/shard_of_ufrag.h"
#include "wire/framing.h"
#include "wire/stun.h"

namespace io {

namespace {

enum class Look : uint8_t { kWait, kRefuse, kShard };

struct Finding {
  Look look = Look::kWait;
  size_t shard = 0;
};

constexpr Finding kRefused{Look::kRefuse, 0};

// `begin` of a stream, as far as it has come.
Finding find_shard(std::span<const uint8_t> begin) {
  if (begin.size() < wire::kFrameHeaderSize) return {};
  const size_t size = base::load_u16(begin.data());
  if (size == 0 || size > wire::kMaxStunSize) return kRefused;
  if (begin.size() < wire::kFrameHeaderSize + size) return {};
  wire::StunMessage message;
  const auto frame = begin.subspan(wire::kFrameHeaderSize, size);
  if (wire::parse_stun(frame, message) != wire::ParseError::kNone) return kRefused;
  const auto shard = engine::shard_of_ufrag(message.username);
  return shard ? Finding{Look::kShard, *shard} : kRefused;
}

// Leaves the bytes in the kernel: the shard reads the stream from its beginning.
Finding look_at(int fd) {
  std::array<uint8_t, wire::kFrameHeaderSize + wire::kMaxStunSize> begin;
  const ssize_t count = recv(fd, begin.data(), begin.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return find_shard(std::span(begin).first(static_cast<size_t>(count)));
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? Finding{} : kRefused;
}

}  // namespace

TcpAcceptor::TcpAcceptor(Epoll& epoll, std::vector<TcpListener> listeners,
                         std::vector<CommandInbox*> shards)
    : epoll_(epoll), listeners_(std::move(listeners)), shards_(std::move(shards)) {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    epoll_.watch(listeners_[i].fd(), {SourceKind::kListener, i});
  }
}

void TcpAcceptor::accept(size_t listener, base::Instant now) {
  for (size_t i = 0; i < kAcceptsPerTurn; ++i) {
    AcceptedConnection connection;
    switch (listeners_[listener].accept(connection)) {
      case AcceptResult::kAccepted:
        ++counts_.accepted;
        connection.accepted_at = now;
        add(std::move(connection));
        break;
      case AcceptResult::kRefused:
        ++counts_.refused;
        break;
      case AcceptResult::kNone:
        return;
      case AcceptResult::kExhausted:
        return pause_listening(now);
    }
  }
}

void TcpAcceptor::add(AcceptedConnection connection) {
  const auto is_before = [](const AcceptedConnection& a, const AcceptedConnection& b) {
    if (a.descriptor.is_open() != b.descriptor.is_open()) return !a.descriptor.is_open();
    return a.accepted_at < b.accepted_at;
  };
  // A free place, else the oldest.
  const auto place = std::min_element(pending_.begin(), pending_.end(), is_before);
  const auto number = static_cast<size_t>(place - pending_.begin());
  if (place->descriptor.is_open()) refuse(number);
  if (next_deadline().is_never()) next_sweep_ = connection.accepted_at + kSweepInterval;
  *place = std::move(connection);
  ++pending_count_;
  // Edge-triggered: a part of a frame stays in the kernel and must not wake us again and again.
  epoll_.watch(place->descriptor.get(), {SourceKind::kPending, number}, EPOLLIN | EPOLLET);
}

void TcpAcceptor::look(size_t pending) {
  if (pending >= kMaxPending || !pending_[pending].descriptor.is_open()) return;
  const Finding finding = look_at(pending_[pending].descriptor.get());
  if (finding.look == Look::kRefuse) refuse(pending);
  if (finding.look == Look::kShard) hand_over(pending, finding.shard);
}

void TcpAcceptor::hand_over(size_t pending, size_t shard) {
  if (shard >= shards_.size()) return refuse(pending);
  epoll_.forget(pending_[pending].descriptor.get());
  AcceptedConnection connection = std::exchange(pending_[pending], {});
  --pending_count_;
  if (!shards_[shard]->post_connection(std::move(connection))) ++counts_.refused;
}

void TcpAcceptor::refuse(size_t pending) {
  pending_[pending] = AcceptedConnection();
  --pending_count_;
  ++counts_.refused;
}

// A listener with somebody in front of it would wake us for nothing until a descriptor is free.
void TcpAcceptor::pause_listening(base::Instant now) {
  for (const TcpListener& listener : listeners_) epoll_.forget(listener.fd());
  is_paused_ = true;
  next_sweep_ = now + kSweepInterval;
}

base::Instant TcpAcceptor::next_deadline() const {
  return pending_count_ == 0 && !is_paused_ ? base::Instant::never() : next_sweep_;
}

void TcpAcceptor::sweep(base::Instant now) {
  if (now < next_deadline()) return;
  next_sweep_ = now + kSweepInterval;
  for (size_t i = 0; i < kMaxPending; ++i) {
    const bool is_open = pending_[i].descriptor.is_open();
    if (is_open && now - pending_[i].accepted_at >= kFirstFrameTimeout) refuse(i);
  }
  if (!is_paused_) return;
  is_paused_ = false;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    epoll_.watch(listeners_[i].fd(), {SourceKind::kListener, i});
  }
}

}  // namespace io
