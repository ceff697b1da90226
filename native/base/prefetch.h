// Asks the processor for memory that is read a little later, so that it is there by then. A media
// thread walks over thousands of subscribers, each of which has some kilobytes of state: what one
// needs has left the caches since its last packet, and waiting for it line by line costs as much as
// everything else that is done with a packet.
#pragma once

#include <cstddef>
#include <cstdint>

namespace base {

inline void prefetch_bytes(const void* begin, const void* end) {
  constexpr size_t kCacheLine = 64;
  const auto* at = static_cast<const uint8_t*>(begin);
  const auto* last = static_cast<const uint8_t*>(end);
  at -= reinterpret_cast<uintptr_t>(begin) % kCacheLine;
  for (; at < last; at += kCacheLine) __builtin_prefetch(at, 1);
}

// The object itself, not what it points to.
template <typename T>
void prefetch(const T& object) {
  prefetch_bytes(&object, &object + 1);
}

}  // namespace base
