// The one place that decides when a publisher is asked for a key frame: one per encoding of a
// publication (algorithms §3.8). Whoever needs one says so; the publisher hears of it at once, then
// at most every `spacing` until a key frame begins. Rules: SPEC.md, [KEY-*].
#pragma once

#include <cstdint>

#include "base/time.h"

namespace rtp {

// Two a second: a key frame costs a publisher as much as 10 to 20 other frames.
inline constexpr base::Duration kKeyFrameSpacing = base::Duration::millis(500);

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
  base::Instant allowed_at_{};  // no PLI before
  bool wanted_ = false;
};

}  // namespace rtp
