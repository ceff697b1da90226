// The kernel's clocks and its randomness.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"
#include "base/time.h"

namespace io {

// CLOCK_MONOTONIC.
base::Instant monotonic_now();
// Wall clock minus monotonic clock, microseconds since 1970.
int64_t unix_offset_us();
// CPU time of the calling thread so far.
base::Duration thread_cpu_time();
// Returns at once when it is over.
void sleep_until(base::Instant time);

// getrandom(2), buffered: most requests are a few bytes. One thread.
class KernelRandom final : public base::Random {
 public:
  void fill(std::span<uint8_t> out) override;

 private:
  std::array<uint8_t, 256> buffer_{};
  size_t used_ = sizeof(buffer_);
};

}  // namespace io
