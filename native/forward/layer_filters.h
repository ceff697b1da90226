// The layer filter of a forwarder: whichever mechanism the encoding in hand has, chosen anew with
// every epoch. An encoding without layers passes whole. See layer_filter.h for the order of calls.
#pragma once

#include "forward/layer_filter.h"
#include "forward/vp8_temporal_filter.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct LayerFiltersState {
  Vp8TemporalFilterState vp8;
};

class LayerFilters {
 public:
  LayerFilters() = default;
  explicit LayerFilters(const LayerFiltersState& seed) : vp8_(seed.vp8) {}

  void begin_epoch(const MediaPacket& first);
  void set_target(Layer target);
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const { return vp8_.current(); }
  bool wants_key_frame() const { return false; }
  LayerFiltersState state() const { return {vp8_.state()}; }

 private:
  Vp8TemporalFilter vp8_;
};

static_assert(LayerFilter<LayerFilters>);

}  // namespace forward
