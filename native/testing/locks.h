// Counts locks taken by the whole test program: what shows that a hot path waits for nobody.
#pragma once

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLENUM_SANITIZER_OWNS_LOCKS
#endif
#elif defined(__SANITIZE_THREAD__)
#define PLENUM_SANITIZER_OWNS_LOCKS
#endif

namespace testing_support {

// Mutexes and read-write locks that were locked or tried so far, those of C libraries included.
// ThreadSanitizer has these functions to itself: always 0 there.
uint64_t locks();

}  // namespace testing_support
