// A bounded first-in first-out queue of outgoing packets that takes memory only while it is used
// and never more than its bound.
#pragma once

#include <cstddef>
#include <vector>

#include "wire/out_packet.h"

namespace pacing {

// Packets of one class that wait for one transport: 2 s of 16 Mbit/s. More would be too late to be
// of use when it leaves; fewer drops key frames of large screens.
inline constexpr size_t kMaxQueuedPackets = 4096;

class PacketQueue {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // False when kMaxQueuedPackets wait.
  bool push(wire::OutPacket&& packet);
  // Moves the oldest into `packet`. The queue must not be empty.
  void pop(wire::OutPacket& packet);
  void clear();

 private:
  void grow();

  std::vector<wire::OutPacket> packets_;  // a ring whose size is a power of two
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace pacing
