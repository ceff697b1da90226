// Turns a counter that wraps (RTP sequence number, timestamp, picture id) into one that does not.
// Done once, at the edge: nobody else compares modulo.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>

namespace base {

// kBits: width of the counter where it is narrower than T (15 for a picture id in uint16_t).
template <std::unsigned_integral T, int kBits = std::numeric_limits<T>::digits>
class Unwrapper {
  static_assert(kBits >= 2 && kBits <= 32 && kBits <= std::numeric_limits<T>::digits);

 public:
  static constexpr int64_t kCycle = int64_t{1} << kBits;

  // The 64-bit value congruent to `value` that is nearest to the one before it; a step of exactly
  // half a cycle counts as backwards. The first value stands for itself. Going back below the first
  // value gives negative results, which are ordered like any other.
  constexpr int64_t unwrap(T value) {
    last_ = peek(value);
    started_ = true;
    return last_;
  }

  // What `unwrap` would return, without moving on.
  constexpr int64_t peek(T value) const {
    if (!started_) return value & kMask;
    int64_t step = static_cast<int64_t>((value - static_cast<uint64_t>(last_)) & kMask);
    if (step >= kCycle / 2) step -= kCycle;
    return last_ + step;
  }

  constexpr bool started() const { return started_; }
  constexpr int64_t last() const { return last_; }
  constexpr void reset() { *this = Unwrapper(); }

 private:
  static constexpr uint64_t kMask = static_cast<uint64_t>(kCycle - 1);

  int64_t last_ = 0;
  bool started_ = false;
};

using SequenceUnwrapper = Unwrapper<uint16_t>;
using TimestampUnwrapper = Unwrapper<uint32_t>;

}  // namespace base
