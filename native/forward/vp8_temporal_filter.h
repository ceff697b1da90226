// Temporal layers of VP8 (RFC 7741 §4.2: TID and Y): which pictures of an encoding a subscriber
// gets. All packets of a picture get one answer. Rules: SPEC.md, [TMP-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "forward/layer_filter.h"

namespace forward {

// Pictures whose decision is remembered: 4 s at 30 a second. What comes later is dropped.
inline constexpr size_t kRememberedPictures = 128;

// Plain values: exported and seeded as they are.
struct Vp8TemporalFilterState {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  struct Picture {
    int64_t timestamp = kNone;
    bool forwarded = false;
  };

  uint8_t target = 255;
  uint8_t level = 255;                                  // forwarded are pictures up to it
  uint8_t level_before = 255;                           // until `level_changed_at`
  int64_t level_changed_at = kNone;                     // timestamp of the first picture of `level`
  uint8_t seen = 0;                                     // temporal ids of the epoch, a bit each
  uint8_t highest_id = 0;                               // of the stream
  uint32_t newest = 0;                                  // in `pictures`
  std::array<Picture, kRememberedPictures> pictures{};  // a ring
};

class Vp8TemporalFilter {
 public:
  Vp8TemporalFilter() = default;
  explicit Vp8TemporalFilter(const Vp8TemporalFilterState& seed) : state_(seed) {}

  void begin_epoch(const MediaPacket& first);
  void set_target(Layer target) { state_.target = target.temporal; }
  LayerDecision choose(const MediaPacket& packet);
  Layer current() const;
  bool wants_key_frame() const { return false; }
  const Vp8TemporalFilterState& state() const { return state_; }

 private:
  const Vp8TemporalFilterState::Picture* find(int64_t timestamp) const;
  void remember(int64_t timestamp, bool forwarded);
  bool decide(const MediaPacket& packet, uint8_t temporal_id);
  bool decide_late(int64_t timestamp, uint8_t temporal_id) const;
  bool raises(const wire::Vp8Descriptor& descriptor, uint8_t temporal_id) const;
  void change_level(uint8_t level, int64_t timestamp);

  Vp8TemporalFilterState state_;
};

static_assert(LayerFilter<Vp8TemporalFilter>);

}  // namespace forward
