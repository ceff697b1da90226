#include "engine/event_queue.h"

#include "engine/contract.gen.h"

namespace engine {

namespace {

// Appends what finds room. `lost` hears of every frame that does not.
template <typename Lost>
void append_bounded(std::vector<uint8_t>& frames, size_t bound, std::vector<uint8_t>& to,
                    const Lost& lost) {
  if (to.empty() && frames.size() <= bound) {
    to.swap(frames);
    return;
  }
  if (to.size() + frames.size() <= bound) {
    to.insert(to.end(), frames.begin(), frames.end());
    return;
  }
  ContractReader in(frames);
  Frame frame;
  for (std::span<const uint8_t> start = in.rest(); decode(in, frame); start = in.rest()) {
    const std::span<const uint8_t> whole = start.first(start.size() - in.rest().size());
    if (to.size() + whole.size() > bound) {
      lost(frame);
    } else {
      to.insert(to.end(), whole.begin(), whole.end());
    }
  }
}

void move_to(std::vector<uint8_t>& out, std::vector<uint8_t>& from) {
  if (out.empty()) {
    out.swap(from);
  } else {
    out.insert(out.end(), from.begin(), from.end());
  }
  from.clear();
}

}  // namespace

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
  append_packets(events.packets);
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
  append_bounded(frames, kMaxFeedbackBytes, feedback_, [this](const Frame&) { ++dropped_; });
}

// The same for a tap: of a picture that is cut short the next key frame is waited for anyway.
void EventQueue::append_packets(std::vector<uint8_t>& frames) {
  append_bounded(frames, kMaxTappedBytes, packets_, [this](const Frame& frame) {
    ContractReader fields(frame.fields);
    Handle tap;
    decode(fields, tap);
    ++lost_[tap];
    ++dropped_;
  });
}

void EventQueue::take(std::vector<uint8_t>& out) {
  move_to(out, packets_);
  for (const auto& [tap, packets] : lost_) append_frame(out, TapOverflowEvent{tap, packets});
  lost_.clear();
  move_to(out, facts_);
  move_to(out, feedback_);
  for (const auto& [key, frame] : readings_) out.insert(out.end(), frame.begin(), frame.end());
  readings_.clear();
}

}  // namespace engine
