#include "pacing/fair_queue.h"

#include <algorithm>
#include <utility>

namespace pacing {

base::Instant FairQueue::oldest() const {
  return empty() ? base::Instant::never() : nodes_[streams_[oldest_stream()].first].enqueued_at;
}

bool FairQueue::push(wire::OutPacket&& packet, base::Instant now) {
  if (size_ == kMaxQueuedPackets) return false;
  const uint32_t index = take_node();
  Stream& stream = stream_of(packet.header.ssrc);
  bytes_ += packet.body_size();
  ++size_;
  Node& node = nodes_[index];
  node.packet = std::move(packet);
  node.enqueued_at = now;
  node.next = kNone;
  if (stream.last == kNone) {
    stream.first = index;
  } else {
    nodes_[stream.last].next = index;
  }
  stream.last = index;
  return true;
}

void FairQueue::pop(Popped& out) {
  if (turn_ >= streams_.size()) turn_ = 0;
  pop_from(turn_, out);
}

void FairQueue::pop_oldest(Popped& out) { pop_from(oldest_stream(), out); }

// Few streams wait at a time: a list is shorter than the path through a tree or a hash.
FairQueue::Stream& FairQueue::stream_of(uint32_t ssrc) {
  for (Stream& stream : streams_) {
    if (stream.ssrc == ssrc) return stream;
  }
  return streams_.emplace_back(Stream{ssrc, kNone, kNone});
}

uint32_t FairQueue::take_node() {
  if (free_ == kNone) {
    nodes_.emplace_back();
    return static_cast<uint32_t>(nodes_.size() - 1);
  }
  return std::exchange(free_, nodes_[free_].next);
}

size_t FairQueue::oldest_stream() const {
  const auto oldest =
      std::min_element(streams_.begin(), streams_.end(), [this](const Stream& a, const Stream& b) {
        return nodes_[a.first].enqueued_at < nodes_[b.first].enqueued_at;
      });
  return static_cast<size_t>(oldest - streams_.begin());
}

// A stream that has had its turn makes way for the next; one that is empty leaves, and the one
// behind it takes its place.
void FairQueue::pop_from(size_t index, Popped& out) {
  Stream& stream = streams_[index];
  const uint32_t taken = stream.first;
  Node& node = nodes_[taken];
  out.packet = std::move(node.packet);
  out.enqueued_at = node.enqueued_at;
  stream.first = node.next;
  node.next = std::exchange(free_, taken);
  bytes_ -= out.packet.body_size();
  --size_;
  if (stream.first != kNone) {
    turn_ = index + 1;
  } else {
    streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(index));
    if (turn_ > index) --turn_;
  }
}

void FairQueue::clear() {
  nodes_.clear();
  streams_.clear();
  free_ = kNone;
  turn_ = size_ = bytes_ = 0;
}

}  // namespace pacing
