// The one place that decides when a publisher is asked for a key frame: one per encoding of a
// publication (algorithms §3.8). Whoever needs one says so; the publisher hears of it at once,
// again each kKeyFrameRetry until a key frame begins, and of the next need `spacing` after the last
// at the earliest. Rules: SPEC.md, [KEY-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace rtp {

// Two a second: a key frame costs a publisher as much as 10 to 20 other frames. Of the higher
// encodings of a simulcast one each second.
inline constexpr base::Duration kKeyFrameSpacing = base::Duration::millis(500);
inline constexpr base::Duration kHighKeyFrameSpacing = base::Duration::millis(1000);
// A request that no key frame follows is repeated after this.
inline constexpr base::Duration kKeyFrameRetry = base::Duration::millis(1000);

class KeyFrameRequests {
 public:
  explicit KeyFrameRequests(base::Duration spacing = kKeyFrameSpacing) : spacing_(spacing) {}

  // Somebody cannot go on without a key frame. Any number of times, by any number of subscribers.
  void request(base::Instant now);

  // A key frame begins to arrive: nobody waits any more.
  void handle_key_frame() { wanted_ = false; }

  // Nobody wants video any more (the last subscription ended).
  void cancel() { wanted_ = false; }

  // True when a PLI must leave now; it is counted as sent.
  bool take_due(base::Instant now);

  base::Instant next_deadline() const;
  bool wanted() const { return wanted_; }

 private:
  base::Duration spacing_;
  base::Instant due_at_{};      // while wanted
  base::Instant allowed_at_{};  // no PLI before
  bool wanted_ = false;
};

// How often one subscriber may trigger a request (algorithms R3.30): a hostile one cannot make the
// publisher pay.
class KeyFrameBudget {
 public:
  static constexpr size_t kTriggers = 3;
  static constexpr base::Duration kPeriod = base::Duration::seconds(10);
  static constexpr base::Duration kSpacing = base::Duration::millis(200);

  // True when it may now; it is counted then.
  bool take(base::Instant now);

 private:
  std::array<base::Instant, kTriggers> taken_at_{base::Instant{-kPeriod.us},
                                                 base::Instant{-kPeriod.us},
                                                 base::Instant{-kPeriod.us}};  // a ring
  size_t newest_ = 0;
};

}  // namespace rtp
