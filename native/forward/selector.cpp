#include "forward/selector.h"

#include <bit>

namespace forward {

Choice Selector::choose(const MediaPacket& packet) {
  if (!state_.active) return Choice::kIgnore;
  const SourcePosition& position = packet.position;
  const bool same_source = state_.source == position.source;
  if (packet.empty) return same_source ? Choice::kSkip : Choice::kIgnore;
  if (!same_source || state_.format != packet.format) return begin_or_ignore(packet);
  return position.sequence < state_.first_sequence ? Choice::kIgnore : Choice::kForward;
}

Choice Selector::begin_or_ignore(const MediaPacket& packet) {
  // A repaired start is too late: what followed it was ignored and cannot be repaired (R3.3).
  if (!packet.position.newest) return Choice::kIgnore;
  if (packet.starts_decoding && improves(packet.encoding)) return Choice::kBegin;
  // The encoding began anew, or changed its codec: what ran before has ended.
  if (running() && state_.encoding == packet.encoding) state_.source.reset();
  return Choice::kIgnore;
}

void Selector::begin(const MediaPacket& packet) {
  state_.source = packet.position.source;
  state_.encoding = packet.encoding;
  state_.format = packet.format;
  state_.first_sequence = packet.position.sequence;
  state_.pending_since = base::Instant::never();
  state_.refused = false;
  plan(packet.position.arrived_at);
}

// On the way to the goal an encoding in between is taken when its key frame comes first (R3.6), and
// any at all when nothing flows (R3.7, R3.35).
bool Selector::improves(uint8_t encoding) const {
  if (encoding > state_.target) return false;
  if (!running() || encoding == state_.encoding || !usable(state_.encoding)) return true;
  const std::optional<uint8_t> to = goal();
  if (!to) return false;
  return encoding > state_.encoding ? encoding <= *to : encoding >= *to;
}

void Selector::set_active(bool active) {
  if (!active) state_.source.reset();
  state_.active = active;
}

void Selector::set_target(uint8_t target, base::Instant now) {
  if (target == state_.target) return;
  state_.target = target;
  state_.resting_until = {};
  state_.refused = false;
  state_.pending_since = base::Instant::never();
  plan(now);
}

void Selector::set_usable(uint8_t usable, base::Instant now) {
  if (usable == state_.usable) return;
  state_.usable = usable;
  plan(now);
}

std::optional<uint8_t> Selector::goal() const {
  const uint32_t wanted = state_.target >= 8 ? 0xffu : (2u << state_.target) - 1;
  const uint32_t candidates = state_.usable & wanted;
  if (candidates == 0) return std::nullopt;
  return static_cast<uint8_t>(std::bit_width(candidates) - 1);
}

bool Selector::descends() const {
  const std::optional<uint8_t> to = goal();
  return running() && to && *to < state_.encoding;
}

uint8_t Selector::useful() const {
  uint8_t useful = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const auto encoding = static_cast<uint8_t>(i);
    const bool flows = running() && encoding == state_.encoding;  // above the target too: R3.5
    const bool is_useful = state_.active && (flows || improves(encoding));
    useful |= static_cast<uint8_t>((is_useful ? 1u : 0u) << i);
  }
  return useful;
}

void Selector::plan(base::Instant now) {
  const std::optional<uint8_t> to = goal();
  if (!running() || !to || *to == state_.encoding) {
    state_.pending_since = base::Instant::never();
  } else if (state_.pending_since.is_never()) {
    state_.pending_since = now;
  }
}

std::optional<uint8_t> Selector::key_frame_wanted(base::Instant now) {
  if (!state_.active) return std::nullopt;
  const std::optional<uint8_t> to = goal();
  if (!to || !running()) return to;
  if (*to == state_.encoding || now < state_.resting_until) return std::nullopt;
  if (state_.pending_since.is_never()) state_.pending_since = now;
  const bool stuck = *to > state_.encoding && usable(state_.encoding) &&
                     now - state_.pending_since >= kSwitchPatience;
  if (!stuck) return to;
  state_.resting_until = now + kSwitchRest;
  state_.pending_since = base::Instant::never();
  return std::nullopt;
}

}  // namespace forward
