#include "pacing/packet_queue.h"

#include <utility>

namespace pacing {

namespace {

constexpr size_t kInitialCapacity = 16;

}  // namespace

bool PacketQueue::push(wire::OutPacket&& packet) {
  if (size_ == kMaxQueuedPackets) return false;
  if (size_ == packets_.size()) grow();
  packets_[(head_ + size_) & (packets_.size() - 1)] = std::move(packet);
  ++size_;
  return true;
}

void PacketQueue::pop(wire::OutPacket& packet) {
  packet = std::move(packets_[head_]);
  head_ = (head_ + 1) & (packets_.size() - 1);
  --size_;
}

void PacketQueue::clear() {
  packets_.clear();
  head_ = size_ = 0;
}

void PacketQueue::grow() {
  std::vector<wire::OutPacket> larger(packets_.empty() ? kInitialCapacity : packets_.size() * 2);
  for (size_t i = 0; i < size_; ++i) {
    larger[i] = std::move(packets_[(head_ + i) & (packets_.size() - 1)]);
  }
  packets_ = std::move(larger);
  head_ = 0;
}

}  // namespace pacing
