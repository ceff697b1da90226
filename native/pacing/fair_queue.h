// The packets of one class that wait for one transport: first in first out within an SSRC, in turns
// between SSRCs (algorithms R1.11). Takes memory only while it is used, never more than its bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "wire/out_packet.h"

namespace pacing {

// Packets of one class that wait for one transport: 2 s of 16 Mbit/s. More would be too late to be
// of use when it leaves; fewer drops key frames of large screens.
inline constexpr size_t kMaxQueuedPackets = 4096;

class FairQueue {
 public:
  struct Popped {
    wire::OutPacket packet;
    base::Instant enqueued_at;
  };

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Bytes after the headers.
  size_t bytes() const { return bytes_; }
  // When the packet came that waits longest; never() when empty.
  base::Instant oldest() const;

  // False when kMaxQueuedPackets wait.
  bool push(wire::OutPacket&& packet, base::Instant now);
  // Moves out the next in turn. The queue must not be empty.
  void pop(Popped& out);
  // Moves out the one that waits longest, out of turn.
  void pop_oldest(Popped& out);
  void clear();

 private:
  static constexpr uint32_t kNone = 0xffffffff;

  struct Node {
    wire::OutPacket packet;
    base::Instant enqueued_at;
    uint32_t next = kNone;
  };
  // The packets of one SSRC; exists while there are any.
  struct Stream {
    uint32_t ssrc = 0;
    uint32_t first = kNone;
    uint32_t last = kNone;
  };

  Stream& stream_of(uint32_t ssrc);
  uint32_t take_node();
  size_t oldest_stream() const;
  void pop_from(size_t stream, Popped& out);

  std::vector<Node> nodes_;
  uint32_t free_ = kNone;
  std::vector<Stream> streams_;
  size_t turn_ = 0;  // index of the stream that is next
  size_t size_ = 0;
  size_t bytes_ = 0;
};

}  // namespace pacing
