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
  const auto last = reinterpret_cast<uintptr_t>(end);
  for (auto at = reinterpret_cast<uintptr_t>(begin) & ~(kCacheLine - 1); at < last;
       at += kCacheLine) {
    __builtin_prefetch(reinterpret_cast<const void*>(at), 1);
  }
}

// The object itself, not what it points to.
template <typename T>
void prefetch(const T& object) {
  prefetch_bytes(&object, &object + 1);
}

}  // namespace base
