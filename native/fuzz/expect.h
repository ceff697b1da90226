// What a fuzz target asserts: libFuzzer reports the trap with the input that led to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fuzz {

// Longest input worth a run; datagrams are no longer (base::kPacketCapacity).
inline constexpr size_t kMaxInput = 2048;

inline void expect(bool holds) {
  if (!holds) __builtin_trap();
}

// Whether `part` lies within `whole`; parsers must not point anywhere else.
inline bool is_within(std::span<const uint8_t> part, std::span<const uint8_t> whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace fuzz
