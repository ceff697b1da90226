#include "forward/selector.h"

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
  const SourcePosition& position = packet.position;
  // A repaired start is too late: what followed it was ignored and cannot be repaired (R3.3).
  if (!position.newest) return Choice::kIgnore;
  if (packet.starts_decoding) {
    state_.source = position.source;
    state_.format = packet.format;
    state_.first_sequence = position.sequence;
    return Choice::kBegin;
  }
  // The stream began anew, or changed its codec: what ran before has ended.
  if (state_.source && state_.source->ssrc == position.source.ssrc) state_.source.reset();
  return Choice::kIgnore;
}

void Selector::set_active(bool active) {
  if (!active) state_.source.reset();
  state_.active = active;
}

}  // namespace forward
