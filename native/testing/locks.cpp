#include "testing/locks.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>

namespace {
std::atomic<uint64_t> count{0};
}  // namespace

uint64_t testing_support::locks() { return count.load(); }

#ifndef PLENUM_SANITIZER_OWNS_LOCKS

namespace {

// The C library's function of one name. Looked up at the first call: locks are taken before
// anything of ours is initialised.
template <typename Lock>
class Counted {
 public:
  constexpr explicit Counted(const char* name) : name_(name) {}

  int operator()(Lock* lock) {
    ++count;
    Function function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function(lock);
  }

 private:
  using Function = int (*)(Lock*);

  const char* name_;
  std::atomic<Function> function_ = nullptr;
};

constinit Counted<pthread_mutex_t> mutex_lock("pthread_mutex_lock");
constinit Counted<pthread_mutex_t> mutex_trylock("pthread_mutex_trylock");
constinit Counted<pthread_rwlock_t> rwlock_rdlock("pthread_rwlock_rdlock");
constinit Counted<pthread_rwlock_t> rwlock_wrlock("pthread_rwlock_wrlock");

}  // namespace

// Seen by shared libraries too.
#define PLENUM_EXPORTED __attribute__((visibility("default")))

extern "C" {
PLENUM_EXPORTED int pthread_mutex_lock(pthread_mutex_t* lock) noexcept { return mutex_lock(lock); }
PLENUM_EXPORTED int pthread_mutex_trylock(pthread_mutex_t* lock) noexcept {
  return mutex_trylock(lock);
}
PLENUM_EXPORTED int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return rwlock_rdlock(lock);
}
PLENUM_EXPORTED int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return rwlock_wrlock(lock);
}
}

#endif
