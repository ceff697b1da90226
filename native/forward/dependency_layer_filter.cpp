#include "forward/dependency_layer_filter.h"

#include <algorithm>

namespace forward {

namespace {

using wire::DecodeIndication;
using wire::DependencyStructure;

constexpr uint8_t kNoTarget = DependencyLayerFilterState::kNoTarget;
constexpr int64_t kNone = DependencyLayerFilterState::kNone;

Layer layer_of(const DependencyStructure& structure, size_t target) {
  return {structure.target_spatial[target], structure.target_temporal[target]};
}

bool within(Layer layer, Layer limit) {
  return layer.spatial <= limit.spatial && layer.temporal <= limit.temporal;
}

int rank(Layer layer) { return layer.spatial * 8 + layer.temporal; }

bool is_active(const DependencyFrame& frame, size_t target) {
  return (frame.active_targets >> target & 1) != 0;
}

bool present(const wire::FrameDependencies& frame, size_t target) {
  return frame.indication(target) != DecodeIndication::kNotPresent;
}

// Whoever gets `whole` gets every frame of `part`.
bool includes(const DependencyStructure& structure, size_t whole, size_t part) {
  for (size_t i = 0; i < structure.template_count; ++i) {
    const wire::FrameDependencies& made = structure.templates[i];
    if (present(made, part) && !present(made, whole)) return false;
  }
  return true;
}

// The highest active target within the limit; the lowest active one when none is.
std::optional<Layer> goal(const DependencyFrame& frame, Layer limit) {
  std::optional<Layer> best;
  std::optional<Layer> lowest;
  for (size_t i = 0; i < frame.structure->decode_targets; ++i) {
    if (!is_active(frame, i)) continue;
    const Layer layer = layer_of(*frame.structure, i);
    if (!lowest || rank(layer) < rank(*lowest)) lowest = layer;
    if (within(layer, limit) && (!best || rank(layer) > rank(*best))) best = layer;
  }
  return best ? best : lowest;
}

}  // namespace

void DependencyLayerFilter::begin_epoch(const MediaPacket& /*first*/) {
  const Layer wanted = state_.wanted;
  state_ = DependencyLayerFilterState();
  state_.wanted = wanted;
}

LayerDecision DependencyLayerFilter::choose(const MediaPacket& packet) {
  LayerDecision decision{.marker = packet.view.marker};
  if (packet.dependency == nullptr) return decision;
  const DependencyFrame& frame = *packet.dependency;
  if (state_.newest == kNone) state_.first = frame.number;
  const bool newer = state_.newest == kNone || frame.number > state_.newest;
  if (frame.number < state_.first ||
      (!newer && frame.number <= state_.newest - kDependencyFrames)) {
    decision.choice = LayerChoice::kIgnore;
    return decision;
  }
  if (newer) begin_frame(packet);
  Frame& place_of_frame = place(frame.number);
  if (place_of_frame.fate == Fate::kUnseen) decide(frame, place_of_frame);
  if (place_of_frame.fate == Fate::kLeftOut) {
    decision.choice = LayerChoice::kSkip;
    return decision;
  }
  const uint8_t target = place_of_frame.target;
  if (frame.structure == nullptr || target >= frame.structure->decode_targets) return decision;
  decision.marker = decision.marker || ends_unit(frame, target);
  decision.active_targets = announced(frame, target);
  if (frame.number == state_.newest) state_.unit_ended |= decision.marker;
  return decision;
}

void DependencyLayerFilter::begin_frame(const MediaPacket& packet) {
  const DependencyFrame& frame = *packet.dependency;
  advance(frame.number);
  if (frame.structure != nullptr) {
    const bool new_unit = packet.position.timestamp != state_.timestamp;
    if (new_unit) {
      state_.timestamp = packet.position.timestamp;
      state_.unit_ended = false;
      state_.unit_begins_anew = frame.descriptor.head.has_structure;
    }
    follow_chains(frame, packet.position.arrived_at);
    choose_target(frame, new_unit);
  }
  place(frame.number).target = state_.target;
}

// A structure goes with its frame, whoever needs that; a frame of a structure that is not known
// passes: rather too much than something that was needed.
void DependencyLayerFilter::decide(const DependencyFrame& frame, Frame& decided) {
  bool needed = frame.structure == nullptr;
  if (!needed && decided.target < frame.structure->decode_targets) {
    needed = frame.descriptor.head.has_structure || present(frame.descriptor.frame, decided.target);
    needed = needed && is_decodable(frame);
  }
  decided.fate = needed ? Fate::kForwarded : Fate::kLeftOut;
}

// While a higher layer is waited for, the first unit of a new sequence may still bring it (R4.18).
bool DependencyLayerFilter::ends_unit(const DependencyFrame& frame, uint8_t target) const {
  if (!frame.descriptor.head.end_of_frame) return false;
  const uint8_t top = frame.structure->target_spatial[target];
  const bool may_rise = state_.falls_short && state_.unit_begins_anew &&
                        frame.number == state_.newest && top < state_.wanted.spatial;
  return frame.descriptor.frame.spatial_id == top && !may_rise;
}

DependencyLayerFilter::Fate DependencyLayerFilter::fate_of(int64_t number) {
  if (number < state_.first) return Fate::kLeftOut;
  if (number > state_.newest || number <= state_.newest - kDependencyFrames) return Fate::kUnseen;
  return place(number).fate;
}

void DependencyLayerFilter::advance(int64_t number) {
  int64_t from = state_.newest == kNone ? number : state_.newest + 1;
  from = std::max(from, number - kDependencyFrames + 1);
  for (int64_t i = from; i <= number; ++i) place(i) = {Fate::kUnseen, state_.target};
  state_.newest = number;
}

// What was not seen may still come (R4.16).
bool DependencyLayerFilter::is_decodable(const DependencyFrame& frame) {
  const std::span<const uint16_t> diffs = frame.descriptor.frame.diffs();
  return std::none_of(diffs.begin(), diffs.end(), [&](uint16_t diff) {
    return fate_of(frame.number - diff) == Fate::kLeftOut;
  });
}

bool DependencyLayerFilter::is_intact(const DependencyFrame& frame, size_t target) const {
  const DependencyStructure& structure = *frame.structure;
  return structure.chains == 0 || (state_.intact >> structure.protected_by[target] & 1) != 0;
}

// Each frame names the last frame before it of every chain (R4.14, R4.15).
void DependencyLayerFilter::follow_chains(const DependencyFrame& frame, base::Instant now) {
  const DependencyStructure& structure = *frame.structure;
  if (frame.structure_number != state_.structure_number) {
    state_.structure_number = frame.structure_number;
    state_.target = kNoTarget;
    state_.intact = 0;
    state_.missing = kNone;
    state_.announced_less = false;
  }
  for (size_t chain = 0; chain < structure.chains; ++chain) {
    const uint8_t diff = frame.descriptor.frame.chain_diffs[chain];
    const uint32_t bit = uint32_t{1} << chain;
    const int64_t before = frame.number - diff;
    if (diff == 0) {
      state_.intact |= bit;
    } else if (fate_of(before) == Fate::kLeftOut) {
      state_.intact &= ~bit;
    } else if (fate_of(before) == Fate::kUnseen && state_.missing == kNone &&
               state_.target < structure.decode_targets &&
               structure.protected_by[state_.target] == chain) {
      state_.missing = before;
      state_.missing_since = now;
    }
  }
  give_up_missing(frame, now);
}

void DependencyLayerFilter::give_up_missing(const DependencyFrame& frame, base::Instant now) {
  if (state_.missing == kNone) return;
  const bool came = fate_of(state_.missing) != Fate::kUnseen;
  if (!came && now - state_.missing_since <= kChainPatience) return;
  state_.missing = kNone;
  if (came || state_.target >= frame.structure->decode_targets) return;
  state_.intact &= ~(uint32_t{1} << frame.structure->protected_by[state_.target]);
}

// Where all that the target needs has been sent, or begins (R4.14).
bool DependencyLayerFilter::can_switch(const DependencyFrame& frame, size_t target, bool new_unit) {
  if (!is_active(frame, target) || !is_intact(frame, target)) return false;
  if (target == state_.target) return true;
  const bool was_sent =
      state_.target != kNoTarget && includes(*frame.structure, state_.target, target);
  if (was_sent && (new_unit || !is_active(frame, state_.target))) return true;
  // What follows a marker would be another picture to the receiver.
  const bool rises_late = state_.unit_ended && !new_unit;
  return frame.descriptor.frame.indication(target) == DecodeIndication::kSwitch && !rises_late &&
         is_decodable(frame);
}

std::optional<uint8_t> DependencyLayerFilter::best_within(const DependencyFrame& frame, Layer limit,
                                                          bool new_unit) {
  std::optional<uint8_t> best;
  int best_rank = -1;
  for (uint8_t i = 0; i < frame.structure->decode_targets; ++i) {
    const Layer layer = layer_of(*frame.structure, i);
    if (!within(layer, limit) || rank(layer) <= best_rank || !can_switch(frame, i, new_unit)) {
      continue;
    }
    best = i;
    best_rank = rank(layer);
  }
  return best;
}

// R4.13 to R4.15: the best that can be had at this frame.
void DependencyLayerFilter::choose_target(const DependencyFrame& frame, bool new_unit) {
  const std::optional<Layer> to = goal(frame, state_.wanted);
  const bool holds = state_.target != kNoTarget && is_active(frame, state_.target) &&
                     is_intact(frame, state_.target);
  if (to && holds && layer_of(*frame.structure, state_.target) == *to) {
    state_.falls_short = false;
    return;
  }
  if (!to) {
    // The publisher sends nothing (E34).
    state_.target = kNoTarget;
    state_.falls_short = false;
    return;
  }
  std::optional<uint8_t> best = best_within(frame, *to, new_unit);
  if (!best && holds && state_.layer.temporal > to->temporal) {
    best = best_within(frame, {state_.layer.spatial, to->temporal}, new_unit);
  }
  if (!best && !holds && state_.target != kNoTarget) {
    best = best_within(frame, state_.layer, new_unit);
  }
  if (best) {
    take_target(frame, *best);
  } else if (!holds) {
    state_.target = kNoTarget;
  }
  state_.falls_short = state_.target == kNoTarget || state_.layer.spatial != to->spatial;
}

void DependencyLayerFilter::take_target(const DependencyFrame& frame, uint8_t target) {
  if (target == state_.target) return;
  state_.target = target;
  state_.layer = layer_of(*frame.structure, target);
  state_.missing = kNone;
}

// The targets of which everything is forwarded, as long as they are not all and for as long as the
// receiver believes so (R4.17). Repeated with every frame: which packets arrive is not known here.
uint32_t DependencyLayerFilter::announced(const DependencyFrame& frame, uint8_t target) {
  const DependencyStructure& structure = *frame.structure;
  const bool carries = frame.descriptor.head.start_of_frame || frame.descriptor.active_targets;
  if (!carries) return 0;
  uint32_t mask = 0;
  for (size_t i = 0; i < structure.decode_targets; ++i) {
    if (is_active(frame, i) && includes(structure, target, i)) mask |= uint32_t{1} << i;
  }
  if (frame.descriptor.head.has_structure) state_.announced_less = false;
  if (mask == structure.every_target() && !state_.announced_less) return 0;
  state_.announced_less = true;
  return mask;
}

}  // namespace forward
