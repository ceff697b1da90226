// Which of the last numbers of an epoch were left out by choice: a bit each. Answers the one
// question of sequence rewriting: how many were left out after a given number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace forward {

// Numbers remembered behind the highest: packets later than that have no number any more
// (algorithms R4.11). A power of two; a bit per forwarder each.
inline constexpr int64_t kSkipWindow = 2048;

class SkipMap {
 public:
  // The numbers up to and including `highest` are now known; those after `previous` start as kept.
  void advance(int64_t previous, int64_t highest);
  void mark(int64_t number);
  bool contains(int64_t number) const;
  // How many of (number, highest] are marked; both within the window.
  int64_t count_after(int64_t number, int64_t highest) const;
  void clear() { words_.fill(0); }

 private:
  static constexpr size_t kWords = kSkipWindow / 64;
  static size_t word_of(int64_t number) { return static_cast<size_t>(number >> 6) & (kWords - 1); }
  static uint64_t bit_of(int64_t number) { return uint64_t{1} << (number & 63); }

  std::array<uint64_t, kWords> words_{};
};

}  // namespace forward
