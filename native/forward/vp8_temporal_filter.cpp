#include "forward/vp8_temporal_filter.h"

#include <algorithm>

namespace forward {

void Vp8TemporalFilter::begin_epoch(const MediaPacket& /*first*/) {
  const uint8_t target = state_.target;
  const uint8_t highest_id = state_.highest_id;
  state_ = {};
  state_.target = state_.level = state_.level_before = target;
  state_.highest_id = highest_id;
}

LayerDecision Vp8TemporalFilter::choose(const MediaPacket& packet) {
  LayerDecision decision{.choice = LayerChoice::kForward, .marker = packet.view.marker};
  if (!packet.vp8 || !packet.vp8->temporal_id) return decision;
  const int64_t timestamp = packet.position.timestamp;
  const uint8_t temporal_id = *packet.vp8->temporal_id;
  const auto* known = find(timestamp);
  const bool late = known == nullptr && timestamp < state_.pictures[state_.newest].timestamp;
  if (late) {
    if (!decide_late(timestamp, temporal_id)) decision.choice = LayerChoice::kIgnore;
    return decision;
  }
  const bool forwarded = known != nullptr ? known->forwarded : decide(packet, temporal_id);
  if (!forwarded) decision.choice = LayerChoice::kSkip;
  return decision;
}

const Vp8TemporalFilterState::Picture* Vp8TemporalFilter::find(int64_t timestamp) const {
  for (size_t age = 0; age < kRememberedPictures; ++age) {
    const auto& picture =
        state_.pictures[(state_.newest + kRememberedPictures - age) % kRememberedPictures];
    if (picture.timestamp == timestamp) return &picture;
    if (picture.timestamp < timestamp) return nullptr;
  }
  return nullptr;
}

void Vp8TemporalFilter::remember(int64_t timestamp, bool forwarded) {
  state_.newest = (state_.newest + 1) % kRememberedPictures;
  state_.pictures[state_.newest] = {timestamp, forwarded};
}

// A picture newer than all before: the one place where the level changes.
bool Vp8TemporalFilter::decide(const MediaPacket& packet, uint8_t temporal_id) {
  const int64_t timestamp = packet.position.timestamp;
  const bool down = state_.target < state_.level;
  const bool up =
      state_.target > state_.level && (packet.starts_decoding || raises(*packet.vp8, temporal_id));
  if (down || (up && packet.starts_decoding)) change_level(state_.target, timestamp);
  if (up && !packet.starts_decoding) change_level(temporal_id, timestamp);
  state_.seen |= static_cast<uint8_t>(1 << temporal_id);
  state_.highest_id = std::max(state_.highest_id, temporal_id);
  const bool forwarded = temporal_id <= state_.level;
  remember(timestamp, forwarded);
  return forwarded;
}

// A picture that was lost whole and comes back: its numbers were left open, so it may go if what it
// refers to was sent under the level of its time. Below the newest change only the lower one is
// sure.
bool Vp8TemporalFilter::decide_late(int64_t timestamp, uint8_t temporal_id) const {
  const bool before_change = timestamp < state_.level_changed_at;
  const uint8_t level = before_change ? std::min(state_.level, state_.level_before) : state_.level;
  return temporal_id <= level;
}

// Up only where a picture refers to the base layer alone (R3.21), and past a layer in between only
// when the stream has none.
bool Vp8TemporalFilter::raises(const wire::Vp8Descriptor& descriptor, uint8_t temporal_id) const {
  if (!descriptor.layer_sync || temporal_id <= state_.level || temporal_id > state_.target) {
    return false;
  }
  const uint32_t between = (1u << temporal_id) - (2u << state_.level);
  return (state_.seen & between) == 0;
}

void Vp8TemporalFilter::change_level(uint8_t level, int64_t timestamp) {
  state_.level_before = state_.level;
  state_.level = level;
  state_.level_changed_at = timestamp;
}

Layer Vp8TemporalFilter::current() const {
  return {.spatial = 0, .temporal = std::min(state_.level, state_.highest_id)};
}

}  // namespace forward
