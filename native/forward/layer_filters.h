// The layer filter of a forwarder: whichever mechanism the encoding in hand has, chosen anew with
// every epoch. An encoding without layers passes whole. See layer_filter.h for the order of calls.
#pragma once

#include "forward/dependency_layer_filter.h"
#include "forward/layer_filter.h"
#include "forward/vp8_temporal_filter.h"
#include "forward/vp9_layer_filter.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct LayerFiltersState {
  // How the layers of the running epoch are told apart.
  enum class Mechanism : uint8_t { kNone, kVp8, kVp9, kDependency };

  Mechanism mechanism = Mechanism::kNone;
  Vp8TemporalFilterState vp8;
  Vp9LayerFilterState vp9;
  DependencyLayerFilterState dependency;
};

class LayerFilters {
 public:
  LayerFilters() = default;
  explicit LayerFilters(const LayerFiltersState& seed)
      : mechanism_(seed.mechanism), vp8_(seed.vp8), vp9_(seed.vp9), dependency_(seed.dependency) {}

  void begin_epoch(const MediaPacket& first);
  void set_target(Layer target);
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const;
  bool wants_key_frame() const;
  // The dependency descriptor says what is forwarded, and may be passed on: a codec's own layers
  // are chosen without it, and it would not fit what is left of them (R3.26).
  bool passes_descriptor() const { return mechanism_ == Mechanism::kDependency; }
  LayerFiltersState state() const {
    return {mechanism_, vp8_.state(), vp9_.state(), dependency_.state()};
  }

 private:
  using Mechanism = LayerFiltersState::Mechanism;

  Mechanism mechanism_ = Mechanism::kNone;
  Vp8TemporalFilter vp8_;
  Vp9LayerFilter vp9_;
  DependencyLayerFilter dependency_;
};

static_assert(LayerFilter<LayerFilters>);

}  // namespace forward
