// The source of randomness of the core, injected: the kernel's in io, a seeded one in tests.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"

namespace base {

class Random {
 public:
  virtual ~Random() = default;

  // Fills `out` with uniformly distributed bytes; never fails.
  virtual void fill(std::span<uint8_t> out) = 0;

  uint32_t u32() {
    std::array<uint8_t, 4> bytes{};
    fill(bytes);
    return load_u32(bytes.data());
  }
  uint16_t u16() { return static_cast<uint16_t>(u32()); }
  uint64_t u64() {
    const uint64_t high = u32();
    return high << 32 | u32();
  }
};

}  // namespace base
