// Repeatable randomness: the same seed gives the same bytes on every machine. Never for keys of the
// real world.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "base/random.h"

namespace sim {

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
class SeededRandom final : public base::Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}

  void fill(std::span<uint8_t> out) override {
    while (!out.empty()) {
      const uint64_t value = next();
      const size_t count = out.size() < sizeof value ? out.size() : sizeof value;
      std::memcpy(out.data(), &value, count);
      out = out.subspan(count);
    }
  }

 private:
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t value = state_;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
  }

  uint64_t state_;
};

}  // namespace sim
