#include "testing/allocations.h"

#include <atomic>
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PLENUM_SANITIZER_OWNS_MALLOC
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PLENUM_SANITIZER_OWNS_MALLOC
#endif

namespace {
std::atomic<uint64_t> count{0};
}  // namespace

uint64_t testing_support::allocations() { return count.load(); }

// The names below are glibc's and the sanitizers', not ours to choose.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#ifdef PLENUM_SANITIZER_OWNS_MALLOC

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void*,
                                                                           size_t),
                                                         void (*freed)(const volatile void*));
[[maybe_unused]] static const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t) { ++count; }, [](const volatile void*) {});

#else

// Seen by shared libraries too, libstdc++'s operator new among them.
#define PLENUM_EXPORTED __attribute__((visibility("default")))

// glibc's own, under the names that stay when a program brings its malloc.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t items, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

PLENUM_EXPORTED void* malloc(size_t size) {
  ++count;
  return __libc_malloc(size);
}
PLENUM_EXPORTED void* calloc(size_t items, size_t size) {
  ++count;
  return __libc_calloc(items, size);
}
PLENUM_EXPORTED void* realloc(void* block, size_t size) {
  ++count;
  return __libc_realloc(block, size);
}
PLENUM_EXPORTED void* aligned_alloc(size_t alignment, size_t size) {
  ++count;
  return __libc_memalign(alignment, size);
}
}

#endif
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
