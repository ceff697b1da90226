// Randomness that a seed repeats: SplitMix64 (Steele, Lea and Flood, 2014).
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace testing_support {

class SeededRandom final : public base::Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}

  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(next());
  }
  // Uniform in [0, bound), up to a bias that tests do not notice. bound > 0.
  uint64_t below(uint64_t bound) { return next() % bound; }
  // True in `percent` of 100 cases.
  bool chance(uint64_t percent) { return below(100) < percent; }

 private:
  uint64_t next() {
    uint64_t value = state_ += 0x9E3779B97F4A7C15;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
  }

  uint64_t state_;
};

}  // namespace testing_support
