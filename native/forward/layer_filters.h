// The layer filter of a forwarder: whichever mechanism the encoding in hand has, chosen anew with
// every epoch. An encoding without layers passes whole. See layer_filter.h for the order of calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "base/prefetch.h"
#include "forward/dependency_layer_filter.h"
#include "forward/layer_filter.h"
#include "forward/vp8_temporal_filter.h"
#include "forward/vp9_layer_filter.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct LayerFiltersState {
  Layer target = kEveryLayer;
  // How the layers of the running epoch are told apart. One at a time: each has a history of some
  // kilobytes.
  std::variant<std::monostate, Vp8TemporalFilterState, Vp9LayerFilterState,
               DependencyLayerFilterState>
      running;
};

class LayerFilters {
 public:
  LayerFilters() = default;
  explicit LayerFilters(const LayerFiltersState& seed);

  // Asks for the target, and for what tells which filter runs; then for how that begins.
  void prefetch() const { base::prefetch(*this); }
  void prefetch_ahead() const {
    std::visit([](const auto& filter) { prefetch_head(filter); }, running_);
  }
  // May allocate: when the mechanism is another one than before.
  void begin_epoch(const MediaPacket& first);
  void set_target(Layer target);
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const;
  bool wants_key_frame() const;
  // The dependency descriptor says what is forwarded, and may be passed on: a codec's own layers
  // are chosen without it, and it would not fit what is left of them (R3.26).
  bool passes_descriptor() const {
    return std::holds_alternative<std::unique_ptr<DependencyLayerFilter>>(running_);
  }
  LayerFiltersState state() const;

 private:
  template <typename Filter>
  void begin(const MediaPacket& first);
  static void prefetch_head(std::monostate /*none*/) {}
  template <typename Filter>
  static void prefetch_head(const std::unique_ptr<Filter>& filter) {
    base::prefetch_line(filter.get());
  }

  Layer target_ = kEveryLayer;
  // They have kilobytes, and sound has none of them.
  std::variant<std::monostate, std::unique_ptr<Vp8TemporalFilter>, std::unique_ptr<Vp9LayerFilter>,
               std::unique_ptr<DependencyLayerFilter>>
      running_;
};

static_assert(LayerFilter<LayerFilters>);

}  // namespace forward
