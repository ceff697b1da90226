#include "forward/vp9_layer_filter.h"

#include <algorithm>
#include <bit>

namespace forward {

namespace {

using Prediction = Vp9LayerFilterState::Prediction;

constexpr uint8_t bit(uint8_t spatial_id) { return static_cast<uint8_t>(1 << spatial_id); }

bool is_key(const wire::Vp9Descriptor& descriptor) {
  return !descriptor.inter_predicted && descriptor.spatial_id == 0 &&
         !descriptor.inter_layer_predicted;
}

}  // namespace

void Vp9LayerFilter::begin_epoch(const MediaPacket& /*first*/) {
  const Layer target = state_.target;
  state_ = Vp9LayerFilterState();
  state_.target = target;
}

void Vp9LayerFilter::set_target(Layer target) {
  if (target == state_.target) return;
  state_.target = target;
  state_.pending_since = base::Instant::never();
}

LayerDecision Vp9LayerFilter::choose(const MediaPacket& packet) {
  LayerDecision decision{.marker = packet.view.marker};
  // Without layers, or without the ids to tell pictures apart, everything passes.
  if (!packet.vp9 || !packet.vp9->has_layer_indices || !packet.vp9->picture_id) return decision;
  const wire::Vp9Descriptor& descriptor = *packet.vp9;
  const uint8_t spatial_id = descriptor.spatial_id;
  if (spatial_id > kMaxVp9SpatialId || descriptor.temporal_id > kMaxVp9TemporalId) {
    decision.choice = LayerChoice::kSkip;
    return decision;
  }
  Picture* picture = picture_of(state_.ids.unwrap(descriptor));
  if (picture == nullptr) {
    decision.choice = LayerChoice::kIgnore;
    return decision;
  }
  if ((picture->decided & bit(spatial_id)) == 0) decide(*picture, descriptor);
  if (picture->id == state_.newest) note_pending(packet.position.arrived_at);
  if ((picture->forwarded & bit(spatial_id)) == 0) {
    decision.choice = LayerChoice::kSkip;
  } else if (descriptor.end_of_frame && spatial_id == picture->layer.spatial) {
    decision.marker = true;
  }
  return decision;
}

Vp9LayerFilter::Picture* Vp9LayerFilter::find(int64_t id) {
  Picture& picture = place(id);
  return picture.id == id ? &picture : nullptr;
}

// nullptr for what is from before the epoch or too late to be known.
Vp9LayerFilter::Picture* Vp9LayerFilter::picture_of(int64_t id) {
  if (state_.newest == Vp9LayerFilterState::kNone) state_.first = id;
  if (state_.newest == Vp9LayerFilterState::kNone || id > state_.newest) {
    begin_picture(id);
  } else if (id < state_.first || id <= state_.newest - static_cast<int64_t>(kVp9Pictures)) {
    return nullptr;
  } else if (find(id) == nullptr) {
    // A whole picture that comes late: what held for the one before holds for it.
    int64_t before = id - 1;
    while (before > state_.first && find(before) == nullptr &&
           before > state_.newest - static_cast<int64_t>(kVp9Pictures)) {
      --before;
    }
    const Picture* known = find(before);
    place(id) = {.id = id, .layer = known != nullptr ? known->layer : Layer{}};
  }
  return find(id);
}

void Vp9LayerFilter::begin_picture(int64_t id) {
  const Picture* last = state_.newest == Vp9LayerFilterState::kNone ? nullptr : find(state_.newest);
  if (last != nullptr) note_absence(*last);
  step_down();
  state_.newest = id;
  place(id) = {.id = id, .layer = state_.current};
}

// A publisher that leaves out its highest layers, with or without saying so (R4.10).
void Vp9LayerFilter::note_absence(const Picture& last) {
  if (last.decided == 0) return;
  const auto top = static_cast<uint8_t>(std::bit_width(last.decided) - 1);
  if (top >= state_.current.spatial) {
    state_.absent = 0;
    return;
  }
  ++state_.absent;
  const bool ends_here = last.key && !state_.layers_told;
  if (!ends_here && state_.absent < kVp9AbsentPictures) return;
  state_.absent = 0;
  state_.highest.spatial = top;
  state_.current.spatial = top;
  if ((state_.intact & bit(top)) == 0) state_.broken = true;
}

// At a picture's start, and spatially only onto a layer of which everything was sent (R4.3, R4.6).
void Vp9LayerFilter::step_down() {
  Layer& current = state_.current;
  current.temporal = std::min(current.temporal, temporal_goal());
  for (uint8_t to = spatial_goal(); to < current.spatial; ++to) {
    if ((state_.intact & bit(to)) == 0) continue;
    current.spatial = to;
    state_.broken = false;
    return;
  }
}

void Vp9LayerFilter::note_structure(const wire::Vp9Descriptor& descriptor) {
  if (is_key(descriptor)) state_.layers_told = false;
  if (descriptor.spatial_layers == 0) return;
  state_.layers_told = true;
  state_.highest.spatial =
      static_cast<uint8_t>(std::min<int>(descriptor.spatial_layers - 1, kMaxVp9SpatialId));
}

// The places at which a higher layer can be decoded from (R4.4, R4.5).
void Vp9LayerFilter::switch_up(Picture& picture, const wire::Vp9Descriptor& descriptor) {
  Layer& current = state_.current;
  const uint8_t spatial_id = descriptor.spatial_id;
  if (is_key(descriptor)) {
    if (descriptor.spatial_layers == 0) state_.highest.spatial = kMaxVp9SpatialId;
    current = {spatial_goal(), temporal_goal()};
    picture.key = true;
    state_.broken = false;
  }
  const bool begins_temporal = descriptor.switching_up && descriptor.temporal_id > current.temporal;
  if (begins_temporal && descriptor.temporal_id <= temporal_goal() &&
      is_decodable(picture, descriptor)) {
    current.temporal = descriptor.temporal_id;
  }
  const bool begins_spatial =
      !descriptor.inter_predicted && spatial_id > current.spatial && spatial_id <= spatial_goal();
  const bool has_lower =
      !descriptor.inter_layer_predicted ||
      (spatial_id == current.spatial + 1 && (picture.forwarded & bit(current.spatial)) != 0);
  if (begins_spatial && has_lower && descriptor.temporal_id <= current.temporal) {
    current.spatial = spatial_id;
    state_.broken = false;
  }
  picture.layer = current;
}

void Vp9LayerFilter::decide(Picture& picture, const wire::Vp9Descriptor& descriptor) {
  const uint8_t layer = bit(descriptor.spatial_id);
  const bool newest = picture.id == state_.newest;
  state_.highest.temporal = std::max(state_.highest.temporal, descriptor.temporal_id);
  state_.highest.spatial = std::max(state_.highest.spatial, descriptor.spatial_id);
  note_structure(descriptor);
  if (descriptor.inter_predicted && descriptor.spatial_id > 0) {
    state_.prediction =
        descriptor.inter_layer_predicted ? Prediction::kEveryPicture : Prediction::kKeyPictures;
  }
  if (newest) switch_up(picture, descriptor);
  const bool wanted = is_wanted(picture, descriptor);
  const bool forwarded = wanted && is_decodable(picture, descriptor);
  picture.decided |= layer;
  if (forwarded) {
    picture.forwarded |= layer;
    if (!descriptor.inter_predicted) state_.intact |= layer;
  } else if (descriptor.temporal_id <= picture.layer.temporal) {
    state_.intact &= static_cast<uint8_t>(~layer);
    if (wanted && newest && descriptor.spatial_id == picture.layer.spatial) state_.broken = true;
  }
}

// Lower spatial layers serve the one above them: in k-SVC only in key pictures (R4.1, R4.2).
bool Vp9LayerFilter::is_wanted(const Picture& picture,
                               const wire::Vp9Descriptor& descriptor) const {
  if (descriptor.spatial_id > picture.layer.spatial) return false;
  if (descriptor.temporal_id > picture.layer.temporal) return false;
  const bool is_top = descriptor.spatial_id == picture.layer.spatial;
  const bool serves = !descriptor.not_upper_layer_reference || !descriptor.inter_predicted ||
                      state_.prediction == Prediction::kEveryPicture;
  return is_top || serves;
}

// What was not seen may still come; what was left out will not (R4.9).
bool Vp9LayerFilter::is_decodable(const Picture& picture, const wire::Vp9Descriptor& descriptor) {
  const uint8_t spatial_id = descriptor.spatial_id;
  if (descriptor.inter_layer_predicted && spatial_id > 0 &&
      left_out(picture.id, static_cast<uint8_t>(spatial_id - 1))) {
    return false;
  }
  if (!descriptor.inter_predicted) return true;
  const bool newest = picture.id == state_.newest;
  if (newest && (state_.intact & bit(spatial_id)) == 0) return false;
  for (size_t i = 0; i < descriptor.reference_count; ++i) {
    const int64_t reference = picture.id - descriptor.reference_diffs[i];
    if (reference < state_.first || left_out(reference, spatial_id)) return false;
  }
  return true;
}

bool Vp9LayerFilter::left_out(int64_t id, uint8_t spatial_id) {
  const Picture* picture = find(id);
  return picture != nullptr && (picture->decided & ~picture->forwarded & bit(spatial_id)) != 0;
}

uint8_t Vp9LayerFilter::spatial_goal() const {
  return std::min(state_.target.spatial, state_.highest.spatial);
}

uint8_t Vp9LayerFilter::temporal_goal() const {
  return std::min(state_.target.temporal, kMaxVp9TemporalId);
}

void Vp9LayerFilter::note_pending(base::Instant now) {
  const bool waits = std::min(temporal_goal(), state_.highest.temporal) > state_.current.temporal;
  if (!waits) {
    state_.pending_since = base::Instant::never();
  } else if (state_.pending_since.is_never()) {
    state_.pending_since = now;
  } else if (now - state_.pending_since > kVp9UpSwitchPatience) {
    state_.broken = true;
  }
}

Layer Vp9LayerFilter::current() const {
  return {state_.current.spatial, std::min(state_.current.temporal, state_.highest.temporal)};
}

bool Vp9LayerFilter::wants_key_frame() const {
  return state_.newest != Vp9LayerFilterState::kNone &&
         (state_.broken || state_.current.spatial != spatial_goal());
}

}  // namespace forward
