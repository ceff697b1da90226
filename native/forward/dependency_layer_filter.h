// Layers by the dependency descriptor: AV1, and H.264 where it is sent. A decode target is chosen;
// its frames are those whose indication for it says so, its chain tells whether it can still be
// decoded (AV1 RTP specification, Appendix A; algorithms §4.2). Rules: SPEC.md, [DDL-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/time.h"
#include "forward/dependency_tracker.h"
#include "forward/layer_filter.h"

namespace forward {

// Frames whose decisions are remembered, as far as the format's template diffs and those of
// encoders reach; 2.8 s of three spatial layers at 30 a second.
inline constexpr int64_t kDependencyFrames = 256;
// A frame of the chain that is missing for this long will not come any more (algorithms R4.15).
inline constexpr base::Duration kChainPatience = base::Duration::millis(200);

// Plain values: exported and seeded as they are.
struct DependencyLayerFilterState {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
  static constexpr uint8_t kNoTarget = 255;

  enum class Fate : uint8_t { kUnseen, kForwarded, kLeftOut };
  struct Frame {
    Fate fate = Fate::kUnseen;
    uint8_t target = kNoTarget;  // that was in force
  };

  Layer wanted = kEveryLayer;
  uint8_t target = kNoTarget;     // decode target that is forwarded
  Layer layer;                    // its layers
  bool falls_short = false;       // wants a spatial layer that it cannot get to
  bool announced_less = false;    // the receiver was told of fewer targets than there are
  uint32_t structure_number = 0;  // the target is one of this structure's
  uint32_t intact = 0;            // a bit per chain
  int64_t missing = kNone;        // frame of the target's chain that has not come
  base::Instant missing_since;
  int64_t timestamp = kNone;                      // of the newest temporal unit
  bool unit_begins_anew = false;                  // the newest unit has a structure
  bool unit_ended = false;                        // a marker was sent in the newest unit
  int64_t first = kNone;                          // frame of the epoch
  int64_t newest = kNone;                         // frame
  std::array<Frame, kDependencyFrames> frames{};  // by frame number
};

class DependencyLayerFilter {
 public:
  DependencyLayerFilter() = default;
  explicit DependencyLayerFilter(const DependencyLayerFilterState& seed) : state_(seed) {}

  void begin_epoch(const MediaPacket& first);
  void set_target(Layer wanted) { state_.wanted = wanted; }
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const { return state_.layer; }
  bool wants_key_frame() const { return state_.falls_short; }
  const DependencyLayerFilterState& state() const { return state_; }

 private:
  using Frame = DependencyLayerFilterState::Frame;
  using Fate = DependencyLayerFilterState::Fate;

  Frame& place(int64_t number) {
    return state_.frames[static_cast<size_t>(number) % kDependencyFrames];
  }
  Fate fate_of(int64_t number);
  void advance(int64_t number);
  void begin_frame(const MediaPacket& packet);
  void decide(const DependencyFrame& frame, Frame& decided);
  bool ends_unit(const DependencyFrame& frame, uint8_t target) const;
  bool is_decodable(const DependencyFrame& frame);
  bool is_intact(const DependencyFrame& frame, size_t target) const;
  void follow_chains(const DependencyFrame& frame, base::Instant now);
  void give_up_missing(const DependencyFrame& frame, base::Instant now);
  void choose_target(const DependencyFrame& frame, bool new_unit);
  bool can_switch(const DependencyFrame& frame, size_t target, bool new_unit);
  std::optional<uint8_t> best_within(const DependencyFrame& frame, Layer limit, bool new_unit);
  void take_target(const DependencyFrame& frame, uint8_t target);
  uint32_t announced(const DependencyFrame& frame, uint8_t target);

  DependencyLayerFilterState state_;
};

static_assert(LayerFilter<DependencyLayerFilter>);

}  // namespace forward
