#include "engine/deadline_queue.h"

namespace engine {

void DeadlineQueue::set(uint32_t index, base::Instant at) {
  if (index >= positions_.size()) {
    if (at.is_never()) return;
    positions_.resize(index + 1, kAbsent);
  }
  const uint32_t position = positions_[index];
  if (at.is_never()) {
    if (position != kAbsent) remove_at(position);
    return;
  }
  const Node node{at, index};
  if (position == kAbsent) {
    heap_.push_back(node);
    rise(static_cast<uint32_t>(heap_.size() - 1), node);
  } else if (at == heap_[position].at) {
    return;
  } else if (at < heap_[position].at) {
    rise(position, node);
  } else {
    sink(position, node);
  }
}

base::Instant DeadlineQueue::next() const {
  return heap_.empty() ? base::Instant::never() : heap_.front().at;
}

std::optional<uint32_t> DeadlineQueue::pop_due(base::Instant now) {
  if (heap_.empty() || heap_.front().at > now) return std::nullopt;
  const uint32_t index = heap_.front().index;
  remove_at(0);
  return index;
}

void DeadlineQueue::place(uint32_t position, Node node) {
  heap_[position] = node;
  positions_[node.index] = position;
}

void DeadlineQueue::rise(uint32_t position, Node node) {
  while (position > 0) {
    const uint32_t parent = (position - 1) / 2;
    if (heap_[parent].at <= node.at) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, node);
}

void DeadlineQueue::sink(uint32_t position, Node node) {
  const auto size = static_cast<uint32_t>(heap_.size());
  while (true) {
    uint32_t child = 2 * position + 1;
    if (child >= size) break;
    if (child + 1 < size && heap_[child + 1].at < heap_[child].at) ++child;
    if (node.at <= heap_[child].at) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, node);
}

void DeadlineQueue::remove_at(uint32_t position) {
  positions_[heap_[position].index] = kAbsent;
  const Node last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  if (position > 0 && last.at < heap_[(position - 1) / 2].at) {
    rise(position, last);
  } else {
    sink(position, last);
  }
}

}  // namespace engine
