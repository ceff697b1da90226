#include "io/kernel.h"

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace io {

namespace {

int64_t read_clock_us(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

// The kernel gives all bytes of requests up to 256 once it is seeded (getrandom(2)); without
// randomness nothing here is secure, so there is nothing to go on with.
void read_entropy(std::span<uint8_t> out) {
  ssize_t got = -1;
  do {
    got = getrandom(out.data(), out.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(out.size())) std::abort();
}

}  // namespace

base::Instant monotonic_now() { return {read_clock_us(CLOCK_MONOTONIC)}; }

void sleep_until(base::Instant time) {
  if (monotonic_now() >= time) return;
  const timespec until{time.us / 1'000'000, time.us % 1'000'000 * 1000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

int64_t unix_offset_us() { return read_clock_us(CLOCK_REALTIME) - read_clock_us(CLOCK_MONOTONIC); }

base::Duration thread_cpu_time() { return {read_clock_us(CLOCK_THREAD_CPUTIME_ID)}; }

void KernelRandom::fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    if (used_ == buffer_.size()) {
      read_entropy(buffer_);
      used_ = 0;
    }
    const size_t count = std::min(out.size(), buffer_.size() - used_);
    std::memcpy(out.data(), &buffer_[used_], count);
    std::memset(&buffer_[used_], 0, count);  // what was given out is kept nowhere else
    used_ += count;
    out = out.subspan(count);
  }
}

}  // namespace io
