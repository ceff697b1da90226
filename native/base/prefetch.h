// Asks the processor for memory that is read a little later, so that it is there by then. A media
// thread walks over thousands of subscribers, each of which has some kilobytes of state: what one
// needs has left the caches since its last packet, and waiting for it line by line costs as much as
// everything else that is done with a packet.
#pragma once

#include <cstddef>
#include <cstdint>

namespace base {

// Not __builtin_prefetch alone: a function that does nothing else has no effect in GCC's eyes (seen
// with 12), which then leaves out the calls of it.
inline void prefetch_line(const void* at) {
#if defined(__x86_64__)
  asm volatile("prefetcht0 (%0)" : : "r"(at));
#else
  __builtin_prefetch(at, 1);
  asm volatile("");
#endif
}

inline void prefetch_bytes(const void* begin, const void* end) {
  constexpr size_t kCacheLine = 64;
  const auto* at = static_cast<const uint8_t*>(begin);
  const auto* last = static_cast<const uint8_t*>(end);
  at -= reinterpret_cast<uintptr_t>(begin) % kCacheLine;
  for (; at < last; at += kCacheLine) prefetch_line(at);
}

// The object itself, not what it points to.
template <typename T>
void prefetch(const T& object) {
  prefetch_bytes(&object, &object + 1);
}

}  // namespace base
