// Which audio publications of a room are forwarded: the loudest few, the dominant speaker among
// them (algorithms §5.3). One for all subscribers, who hear the same people. Rules: SPEC.md,
// [AUD-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "wire/rtp_extensions.h"

namespace forward {

// Who is among the loudest for this long gets a place, if there was none at once.
inline constexpr base::Duration kEnterAfter = base::Duration::millis(60);
// Who is this much louder than the weakest that has a place need not wait that long.
inline constexpr uint8_t kEnterAdvantageDb = 6;
// Pauses between words keep the place: this long outside the loudest, or in silence.
inline constexpr base::Duration kLeaveAfter = base::Duration::millis(500);
inline constexpr base::Duration kLeaveAfterSilence = base::Duration::seconds(2);
// The order of the loudest is worked out anew once in this time, while packets come.
inline constexpr base::Duration kRankInterval = base::Duration::millis(20);
// Without a level for this long the volume is zero (R5.7), with room for jitter.
inline constexpr base::Duration kVolumeTimeout = base::Duration::millis(60);

// What a publication is in this choice. Its owner keeps it where it is while it is listed.
struct AudioPlace {
  bool forwarded = false;
  bool listed = false;
  bool has_levels = false;      // its packets say how loud they are
  bool clearly_louder = false;  // than the weakest that has a place; as of the last ranking
  uint8_t volume = 0;           // 0 (silence) to 127, smoothed
  base::Instant heard_at;
  base::Instant sounded_at;
  base::Instant among_loudest_since = base::Instant::never();
  base::Instant among_loudest_at;
};

enum class AudioChoice : uint8_t {
  kForward,
  kEnter,     // forwarded from here on: nothing before it may follow
  kWithhold,  // not among the loudest
};

class AudioSelector {
 public:
  // 0: everything is forwarded.
  explicit AudioSelector(size_t loudest = 0) : loudest_(loudest) {}

  // A publication that takes part; a muted one, or one that is always forwarded, does not.
  void add(AudioPlace& place);
  void remove(AudioPlace& place);

  // Decides about a packet that is the newest of its publication. Without levels it is forwarded:
  // nobody can tell how loud it is. `dominant`: the dominant speaker's, nullptr without one.
  AudioChoice choose(AudioPlace& place, std::optional<wire::AudioLevel> level,
                     const AudioPlace* dominant, base::Instant now);

 private:
  struct Ranked {
    uint16_t key = 0;    // louder is higher; of equals, who has a place
    uint16_t order = 0;  // of equals in that, who was listed first
    AudioPlace* place = nullptr;
  };

  bool takes_part(AudioPlace& place, std::optional<wire::AudioLevel> level, base::Instant now);
  bool may_enter(const AudioPlace& place, base::Instant now) const;
  void rank(const AudioPlace* dominant, base::Instant now);
  void settle(const AudioPlace* dominant, base::Instant now);

  size_t loudest_;
  std::vector<AudioPlace*> places_;
  std::vector<Ranked> ranking_;  // reused
  base::Instant rank_at_;
  size_t free_places_ = 0;
};

}  // namespace forward
