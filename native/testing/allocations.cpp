#include "testing/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cerrno>
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
std::atomic<int64_t> bytes{0};
}  // namespace

uint64_t testing_support::allocations() { return count.load(); }
int64_t testing_support::heap_bytes() { return bytes.load(); }

// The names below are glibc's and the sanitizers', not ours to choose.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#ifdef PLENUM_SANITIZER_OWNS_MALLOC

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void*,
                                                                           size_t),
                                                         void (*freed)(const volatile void*));
extern "C" size_t __sanitizer_get_allocated_size(const volatile void* block);
[[maybe_unused]] static const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t size) {
      ++count;
      bytes += static_cast<int64_t>(size);
    },
    [](const volatile void* block) {
      if (block != nullptr) bytes -= static_cast<int64_t>(__sanitizer_get_allocated_size(block));
    });

#else

// Seen by shared libraries too, libstdc++'s operator new among them.
#define PLENUM_EXPORTED __attribute__((visibility("default")))

// glibc's own, under the names that stay when a program brings its malloc.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t items, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* block);

static int64_t size_of(void* block) { return static_cast<int64_t>(malloc_usable_size(block)); }
static void* counted(void* block) {
  ++count;
  bytes += size_of(block);
  return block;
}

PLENUM_EXPORTED void* malloc(size_t size) { return counted(__libc_malloc(size)); }
PLENUM_EXPORTED void* calloc(size_t items, size_t size) {
  return counted(__libc_calloc(items, size));
}
PLENUM_EXPORTED void* realloc(void* block, size_t size) {
  const int64_t before = size_of(block);
  void* moved = __libc_realloc(block, size);
  if (moved != nullptr || size == 0) bytes -= before;
  return counted(moved);
}
PLENUM_EXPORTED void* aligned_alloc(size_t alignment, size_t size) {
  return counted(__libc_memalign(alignment, size));
}
PLENUM_EXPORTED void* memalign(size_t alignment, size_t size) {
  return counted(__libc_memalign(alignment, size));
}
PLENUM_EXPORTED int posix_memalign(void** block, size_t alignment, size_t size) {
  *block = counted(__libc_memalign(alignment, size));
  return *block == nullptr ? ENOMEM : 0;
}
PLENUM_EXPORTED void free(void* block) {
  bytes -= size_of(block);
  __libc_free(block);
}
}

#endif
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
