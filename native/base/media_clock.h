// Media time against our time: an RTP timestamp and the instant of our clock it stands for.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace base {

// Duration of `ticks` of a clock of `rate_hz` (> 0), and back; both round towards zero.
constexpr Duration duration_of_ticks(int64_t ticks, uint32_t rate_hz) {
  return Duration::micros(ticks * 1000000 / static_cast<int64_t>(rate_hz));
}
constexpr int64_t ticks_of_duration(Duration span, uint32_t rate_hz) {
  return span.us * static_cast<int64_t>(rate_hz) / 1000000;
}

// One known point of a stream's media clock. Converts within ±2^31 ticks of it (6.6 h at 90 kHz).
struct MediaClock {
  uint32_t rate_hz = 90000;
  uint32_t timestamp = 0;
  Instant at;

  constexpr uint32_t timestamp_at(Instant when) const {
    return timestamp + static_cast<uint32_t>(ticks_of_duration(when - at, rate_hz));
  }
  constexpr Instant instant_of(uint32_t other) const {
    return at + duration_of_ticks(static_cast<int32_t>(other - timestamp), rate_hz);
  }
};

}  // namespace base
