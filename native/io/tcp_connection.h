// One TCP connection that a shard serves: frames in, frames out (RFC 4571). Never blocks; what the
// peer takes too slowly waits in a bounded queue, and media is dropped before that is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "io/tcp_listener.h"
#include "transport/send_slab.h"
#include "wire/framing.h"

namespace io {

// What a connection may hold back. Media that waits longer than this takes to send is late anyway
// (64 kB are half a second at 1 Mbit/s); the rest is kept for STUN, DTLS and RTCP.
inline constexpr size_t kMediaBacklog = size_t{64} * 1024;
inline constexpr size_t kMaxBacklog = kMediaBacklog + size_t{16} * 1024;

struct TcpSendResult {
  uint64_t packets = 0;  // given to the kernel or queued
  uint64_t bytes = 0;    // of datagrams, without their framing
  uint64_t dropped = 0;  // the queue was full
  uint64_t failed = 0;   // there is no such connection any more
  uint64_t calls = 0;
};

class TcpConnection {
 public:
  explicit TcpConnection(AcceptedConnection accepted);

  int fd() const { return descriptor_.get(); }
  const base::FiveTuple& path() const { return path_; }

  // What has come, read into `buffer`: empty when nothing waits. False when the connection is over.
  bool read(std::span<uint8_t> buffer, std::span<const uint8_t>& stream, base::Instant now);
  wire::FrameReader& frames() { return frames_; }

  // Sends datagrams in order, queues what does not go at once. False when the connection is over.
  bool send(std::span<const transport::Transmit> run, TcpSendResult& result);
  // The kernel takes more. False when the connection is over.
  bool handle_writable(TcpSendResult& result);
  bool has_backlog() const { return backlog_.size() > sent_of_backlog_; }

  // The shard has answered: an authenticated check has come this way (nothing else is answered).
  bool is_proven() const { return proven_; }
  base::Instant accepted_at() const { return accepted_at_; }
  base::Instant last_read() const { return last_read_; }

 private:
  bool send_at_once(std::span<const transport::Transmit> run, size_t& taken, TcpSendResult& result);
  void queue(std::span<const uint8_t> datagram, TcpSendResult& result);
  void keep(std::span<const uint8_t> bytes);

  Descriptor descriptor_;
  base::FiveTuple path_;
  base::Instant accepted_at_;
  base::Instant last_read_;
  bool proven_ = false;
  wire::FrameReader frames_;
  std::vector<uint8_t> backlog_;  // at most kMaxBacklog; no memory before it is needed
  size_t sent_of_backlog_ = 0;
};

}  // namespace io
