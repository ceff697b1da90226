// Spatial and temporal layers of VP9 by its payload descriptor, in flexible and non-flexible mode,
// with inter-layer prediction in every picture (full SVC) or in key pictures only (k-SVC). A
// picture holds a frame per spatial layer. Algorithms §4.1. Rules: SPEC.md, [V9L-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/time.h"
#include "forward/layer_filter.h"
#include "forward/picture_ids.h"

namespace forward {

// Pictures whose decisions are remembered: 4 s at 30 a second, and as far as references reach.
inline constexpr size_t kVp9Pictures = 128;
// Layers above are not forwarded: encoders make 3 spatial and 4 temporal ones (algorithms E25).
inline constexpr uint8_t kMaxVp9SpatialId = 2;
inline constexpr uint8_t kMaxVp9TemporalId = 3;
// Pictures without a frame of the forwarded spatial layer until it counts as given up.
inline constexpr uint8_t kVp9AbsentPictures = 10;
// A higher temporal layer without a place to switch for this long takes a key frame (R4.5).
inline constexpr base::Duration kVp9UpSwitchPatience = base::Duration::seconds(2);

// Plain values: exported and seeded as they are.
struct Vp9LayerFilterState {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  struct Picture {
    int64_t id = kNone;
    uint8_t decided = 0;    // a bit per spatial layer
    uint8_t forwarded = 0;  // a bit per spatial layer
    Layer layer;            // forwarded of this picture, at most
    bool key = false;
  };
  enum class Prediction : uint8_t { kUnknown, kEveryPicture, kKeyPictures };

  Layer target = kEveryLayer;
  Layer current;
  Layer highest;             // that the stream has
  uint8_t intact = 0;        // a bit per spatial layer: nothing of it was left out since its start
  uint8_t absent = 0;        // pictures in a row without the current spatial layer
  bool layers_told = false;  // by the scalability structure of the last key picture
  bool broken = false;       // the current layer cannot be decoded any more
  Prediction prediction = Prediction::kUnknown;          // between spatial layers
  base::Instant pending_since = base::Instant::never();  // a higher temporal layer is waited for
  PictureIds ids;
  int64_t first = kNone;                         // picture of the epoch
  int64_t newest = kNone;                        // picture
  std::array<Picture, kVp9Pictures> pictures{};  // by picture id
};

class Vp9LayerFilter {
 public:
  Vp9LayerFilter() = default;
  explicit Vp9LayerFilter(const Vp9LayerFilterState& seed) : state_(seed) {}

  void begin_epoch(const MediaPacket& first);
  void set_target(Layer target);
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const;
  bool wants_key_frame() const;
  const Vp9LayerFilterState& state() const { return state_; }

 private:
  using Picture = Vp9LayerFilterState::Picture;

  Picture* find(int64_t id);
  Picture& place(int64_t id) { return state_.pictures[static_cast<size_t>(id) % kVp9Pictures]; }
  Picture* picture_of(int64_t id);
  void note_structure(const wire::Vp9Descriptor& descriptor);
  void begin_picture(int64_t id);
  void note_absence(const Picture& last);
  void step_down();
  void switch_up(Picture& picture, const wire::Vp9Descriptor& descriptor);
  void decide(Picture& picture, const wire::Vp9Descriptor& descriptor);
  bool is_wanted(const Picture& picture, const wire::Vp9Descriptor& descriptor) const;
  bool is_decodable(const Picture& picture, const wire::Vp9Descriptor& descriptor);
  bool left_out(int64_t id, uint8_t spatial_id);
  void note_pending(base::Instant now);
  uint8_t spatial_goal() const;
  uint8_t temporal_goal() const;

  Vp9LayerFilterState state_;
};

static_assert(LayerFilter<Vp9LayerFilter>);

}  // namespace forward
