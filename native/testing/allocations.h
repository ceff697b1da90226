// Counts allocations of the whole test program, those of C libraries included: what shows that a
// hot path allocates nothing.
#pragma once

#include <cstdint>

namespace testing_support {

// Calls of malloc, calloc, realloc and their kind so far.
uint64_t allocations();

}  // namespace testing_support
