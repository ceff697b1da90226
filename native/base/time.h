// Points in time and spans of time for the whole core. Nothing here reads a clock: time is always
// an argument (design: sans-IO), the io room is the only one that asks the kernel what time it is.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace base {

// A signed span of time, microseconds.
struct Duration {
  int64_t us = 0;

  static constexpr Duration micros(int64_t value) { return Duration{value}; }
  static constexpr Duration millis(int64_t value) { return Duration{value * 1000}; }
  static constexpr Duration seconds(int64_t value) { return Duration{value * 1000000}; }

  constexpr int64_t to_ms() const { return us / 1000; }
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration other) const { return Duration{us + other.us}; }
  constexpr Duration operator-(Duration other) const { return Duration{us - other.us}; }
  constexpr Duration operator*(int64_t factor) const { return Duration{us * factor}; }
  constexpr Duration operator/(int64_t divisor) const { return Duration{us / divisor}; }
};

// A point on a monotonic clock whose zero is unspecified, microseconds.
struct Instant {
  int64_t us = 0;

  static constexpr Instant never() { return Instant{std::numeric_limits<int64_t>::max()}; }
  constexpr bool is_never() const { return us == std::numeric_limits<int64_t>::max(); }

  constexpr auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration span) const { return Instant{us + span.us}; }
  constexpr Instant operator-(Duration span) const { return Instant{us - span.us}; }
  constexpr Duration operator-(Instant other) const { return Duration{us - other.us}; }
};

}  // namespace base
