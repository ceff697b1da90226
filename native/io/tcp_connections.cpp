#include "io/tcp_connections.h"

#include <utility>

namespace io {

namespace {

bool is_tcp(const transport::Transmit& transmit) {
  return transmit.path.local.protocol == base::Protocol::kTcp;
}

// The transmits from `begin` that go the same way.
size_t end_of_run(std::span<const transport::Transmit> transmits, size_t begin) {
  size_t end = begin + 1;
  while (end < transmits.size() && transmits[end].path == transmits[begin].path) ++end;
  return end;
}

}  // namespace

TcpConnection* TcpConnections::find(size_t number) const {
  return number < connections_.size() ? connections_[number].get() : nullptr;
}

bool TcpConnections::adopt(AcceptedConnection accepted) {
  if (size() == kMaxConnections && !make_room()) return false;
  // The kernel gives a five-tuple again only after its last connection has ended.
  const auto before = by_path_.find(accepted.path);
  if (before != by_path_.end()) close(before->second);
  if (empty()) next_sweep_ = accepted.accepted_at + kSweepInterval;
  const size_t number = free_number();
  by_path_[accepted.path] = number;
  connections_[number] = std::make_unique<TcpConnection>(std::move(accepted));
  epoll_.watch(connections_[number]->fd(), {SourceKind::kConnection, number});
  return true;
}

size_t TcpConnections::free_number() {
  if (free_.empty()) {
    connections_.emplace_back();
    return connections_.size() - 1;
  }
  const size_t number = free_.back();
  free_.pop_back();
  return number;
}

// The oldest of those that have proven nothing.
bool TcpConnections::make_room() {
  const TcpConnection* oldest = nullptr;
  for (const auto& connection : connections_) {
    if (connection == nullptr || connection->is_proven()) continue;
    if (oldest == nullptr || connection->accepted_at() < oldest->accepted_at()) {
      oldest = connection.get();
    }
  }
  if (oldest == nullptr) return false;
  close(by_path_.at(oldest->path()));
  return true;
}

void TcpConnections::close(size_t number) {
  if (find(number) == nullptr) return;
  by_path_.erase(connections_[number]->path());
  connections_[number].reset();
  free_.push_back(number);
}

void TcpConnections::close_path(const base::FiveTuple& path) {
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) close(found->second);
}

std::span<const uint8_t> TcpConnections::read(size_t number, base::Instant now) {
  TcpConnection* connection = find(number);
  std::span<const uint8_t> stream;
  if (connection != nullptr && !connection->read(buffer_, stream, now)) close(number);
  return stream;
}

void TcpConnections::handle_writable(size_t number, TcpSendResult& result) {
  TcpConnection* connection = find(number);
  if (connection == nullptr) return;
  const bool before = connection->has_backlog();
  if (connection->handle_writable(result)) {
    watch_writable(number, before);
  } else {
    close(number);
  }
}

TcpSendResult TcpConnections::send(std::span<const transport::Transmit> transmits) {
  TcpSendResult result;
  for (size_t begin = 0, end = 0; begin < transmits.size(); begin = end) {
    end = begin + 1;
    if (!is_tcp(transmits[begin])) continue;
    end = end_of_run(transmits, begin);
    const auto found = by_path_.find(transmits[begin].path);
    if (found == by_path_.end()) {
      result.failed += end - begin;
      continue;
    }
    const size_t number = found->second;
    TcpConnection& connection = *connections_[number];
    const bool before = connection.has_backlog();
    if (connection.send(transmits.subspan(begin, end - begin), result)) {
      watch_writable(number, before);
    } else {
      close(number);
    }
  }
  return result;
}

void TcpConnections::watch_writable(size_t number, bool before) {
  const TcpConnection& connection = *connections_[number];
  if (connection.has_backlog() == before) return;
  const uint32_t events = connection.has_backlog() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  epoll_.change(connection.fd(), {SourceKind::kConnection, number}, events);
}

size_t TcpConnections::sweep(base::Instant now) {
  if (now < next_deadline()) return 0;
  next_sweep_ = now + kSweepInterval;
  size_t closed = 0;
  for (size_t number = 0; number < connections_.size(); ++number) {
    const TcpConnection* connection = find(number);
    if (connection == nullptr) continue;
    const bool unproven =
        !connection->is_proven() && now - connection->accepted_at() >= kProofTimeout;
    if (!unproven && now - connection->last_read() < kSilenceTimeout) continue;
    close(number);
    ++closed;
  }
  return closed;
}

}  // namespace io
