// Counts allocations of the whole test program, those of C libraries included: what shows that a
// hot path allocates nothing, and what an object holds.
#pragma once

#include <cstdint>

namespace testing_support {

// Calls of malloc, calloc, realloc and their kind so far.
uint64_t allocations();
// Of all blocks that are in use, as large as they were made (sanitizers) or are (glibc, which
// rounds up).
int64_t heap_bytes();

}  // namespace testing_support
