// The TCP connections that one shard serves. Its thread alone touches them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "io/epoll.h"
#include "io/tcp_connection.h"

namespace io {

class TcpConnections {
 public:
  // Connections of one shard: with its queue full each takes 84 kB. Beyond it new ones are refused,
  // unless one that has proven nothing can make room.
  static constexpr size_t kMaxConnections = 2048;
  // From accept to the first check that the shard has answered. Longer lets a flood hold more
  // places, shorter cuts clients whose first checks are lost or slow.
  static constexpr base::Duration kProofTimeout = base::Duration::seconds(5);
  // A living client checks its consent every few seconds (RFC 7675 §5.1: 30 s end it).
  static constexpr base::Duration kSilenceTimeout = base::Duration::seconds(30);

  explicit TcpConnections(Epoll& epoll) : epoll_(epoll) {}

  // False when there is no room: it is closed.
  bool adopt(AcceptedConnection accepted);
  bool empty() const { return by_path_.empty(); }
  size_t size() const { return by_path_.size(); }
  // nullptr when it was closed meanwhile.
  TcpConnection* find(size_t number) const;

  // What has come, up to a read's worth; valid until the next call. Empty: nothing now.
  std::span<const uint8_t> read(size_t number, base::Instant now);
  void handle_writable(size_t number, TcpSendResult& result);
  // Sends those of `transmits` whose path is TCP; the others are not looked at.
  TcpSendResult send(std::span<const transport::Transmit> transmits);
  void close(size_t number);
  void close_path(const base::FiveTuple& path);

  // Closes what has proven nothing in time or is silent; returns how many.
  size_t sweep(base::Instant now);
  base::Instant next_deadline() const { return empty() ? base::Instant::never() : next_sweep_; }

 private:
  // How often is looked for timeouts: they are that much late at worst.
  static constexpr base::Duration kSweepInterval = base::Duration::seconds(1);
  static constexpr size_t kReadSize = size_t{16} * 1024;

  size_t free_number();
  bool make_room();
  void watch_writable(size_t number, bool before);

  Epoll& epoll_;
  std::vector<std::unique_ptr<TcpConnection>> connections_;  // by number
  std::vector<size_t> free_;
  std::unordered_map<base::FiveTuple, size_t, base::FiveTupleHash> by_path_;
  std::array<uint8_t, kReadSize> buffer_;
  base::Instant next_sweep_;
};

}  // namespace io
