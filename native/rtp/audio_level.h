// The loudness of one received audio stream (RFC 6464). Rules: SPEC.md, [LEVEL-*].
#pragma once

#include <cstdint>

#include "base/time.h"
#include "wire/rtp_extensions.h"

namespace rtp {

inline constexpr uint8_t kSilence = 127;  // -dBov
// Without a packet for this long the stream is silent (discontinuous transmission; R5.7).
inline constexpr base::Duration kLevelTimeout = base::Duration::millis(40);

// Keeps the latest level. Levels are -dBov: 0 is the loudest, 127 silence.
class AudioLevelMeter {
 public:
  void handle_level(wire::AudioLevel level, base::Instant now) {
    latest_ = level;
    updated_at_ = now;
  }
  wire::AudioLevel level(base::Instant now) const {
    return now - updated_at_ > kLevelTimeout ? wire::AudioLevel{kSilence, false} : latest_;
  }

 private:
  wire::AudioLevel latest_{kSilence, false};
  base::Instant updated_at_;
};

}  // namespace rtp
