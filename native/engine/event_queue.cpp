#include "engine/event_queue.h"

#include "engine/contract_bytes.h"

namespace engine {

bool EventQueue::append(EventBuffer& events) {
  if (events.empty()) return false;
  const bool was_empty = empty();
  if (facts_.empty()) {
    facts_.swap(events.facts);
  } else {
    facts_.insert(facts_.end(), events.facts.begin(), events.facts.end());
  }
  append_readings(events.readings);
  append_feedback(events.feedback);
  events.clear();
  return was_empty;
}

void EventQueue::append_readings(std::span<const uint8_t> frames) {
  ContractReader in(frames);
  Frame frame;
  for (std::span<const uint8_t> start = in.rest(); decode(in, frame); start = in.rest()) {
    ContractReader fields(frame.fields);
    uint64_t handle = 0;
    decode(fields, handle);
    const std::span<const uint8_t> whole = start.first(start.size() - in.rest().size());
    readings_[{frame.type, handle}].assign(whole.begin(), whole.end());
  }
}

// What came first stays: the controller then works through it without a gap, and goes on with what
// arrives once there is room.
void EventQueue::append_feedback(std::vector<uint8_t>& frames) {
  if (feedback_.empty() && frames.size() <= kMaxFeedbackBytes) {
    feedback_.swap(frames);
    return;
  }
  ContractReader in(frames);
  Frame frame;
  for (std::span<const uint8_t> start = in.rest(); decode(in, frame); start = in.rest()) {
    const std::span<const uint8_t> whole = start.first(start.size() - in.rest().size());
    if (feedback_.size() + whole.size() > kMaxFeedbackBytes) {
      ++dropped_;
    } else {
      feedback_.insert(feedback_.end(), whole.begin(), whole.end());
    }
  }
}

void EventQueue::take(std::vector<uint8_t>& out) {
  if (out.empty()) {
    out.swap(facts_);
  } else {
    out.insert(out.end(), facts_.begin(), facts_.end());
  }
  facts_.clear();
  out.insert(out.end(), feedback_.begin(), feedback_.end());
  feedback_.clear();
  for (const auto& [key, frame] : readings_) out.insert(out.end(), frame.begin(), frame.end());
  readings_.clear();
}

}  // namespace engine
