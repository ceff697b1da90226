// The layer filter of a forwarder: whichever mechanism the encoding in hand has, chosen anew with
// every epoch. An encoding without layers passes whole. See layer_filter.h for the order of calls.
#pragma once

#include "forward/layer_filter.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct LayerFiltersState {
  Layer target = kEveryLayer;
};

class LayerFilters {
 public:
  LayerFilters() = default;
  explicit LayerFilters(const LayerFiltersState& seed) : state_(seed) {}

  void begin_epoch(const MediaPacket& first);
  void set_target(Layer target) { state_.target = target; }
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const { return state_.target; }
  bool wants_key_frame() const { return false; }
  const LayerFiltersState& state() const { return state_; }

 private:
  LayerFiltersState state_;
};

static_assert(LayerFilter<LayerFilters>);

}  // namespace forward
