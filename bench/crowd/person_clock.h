// The clocks of one person: of what is captured (sound and picture alike), and of the wall, which
// sender reports tell. Neither runs as the machine's does.
#pragma once

#include <cstdint>

#include "load/datagrams.h"

namespace crowd {

struct ClockOptions {
  double media_ppm = 0;  // faster than the machine's monotonic clock
  double wall_ppm = 0;
  int64_t wall_offset_ns = 0;  // when it begins
};

class PersonClock {
 public:
  PersonClock() = default;
  PersonClock(const ClockOptions& options, int64_t now_ns)
      : options_(options), began_ns_(now_ns), began_wall_ns_(load::realtime_ns()) {}

  bool has_begun() const { return began_ns_ != 0; }
  int64_t began_ns() const { return began_ns_; }
  double media_ppm() const { return options_.media_ppm; }

  // Of capture: 0 when it began.
  int64_t media_ns(int64_t now_ns) const { return scaled(now_ns - began_ns_, options_.media_ppm); }
  // When it is that moment of capture, monotonic.
  int64_t due_ns(int64_t media_ns) const {
    const auto media = static_cast<double>(media_ns);
    return began_ns_ + static_cast<int64_t>(media / (1 + options_.media_ppm * 1e-6));
  }
  // 32.32 fixed-point seconds since 1900 (RFC 3550 §4).
  uint64_t ntp(int64_t now_ns) const {
    constexpr uint64_t kFrom1900To1970 = 2'208'988'800;
    const auto wall_ns = static_cast<uint64_t>(began_wall_ns_ + options_.wall_offset_ns +
                                               scaled(now_ns - began_ns_, options_.wall_ppm));
    const uint64_t fraction = ((wall_ns % kSecond) << 32) / kSecond;
    return (wall_ns / kSecond + kFrom1900To1970) << 32 | fraction;
  }

 private:
  static constexpr uint64_t kSecond = 1'000'000'000;
  static int64_t scaled(int64_t ns, double ppm) {
    return ns + static_cast<int64_t>(static_cast<double>(ns) * ppm * 1e-6);
  }

  ClockOptions options_;
  int64_t began_ns_ = 0;
  int64_t began_wall_ns_ = 0;
};

}  // namespace crowd
