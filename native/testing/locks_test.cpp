#include "testing/locks.h"

#include <gtest/gtest.h>

#include <mutex>
#include <shared_mutex>

#ifndef PLENUM_SANITIZER_OWNS_LOCKS

TEST(Locks, AreCounted) {
  std::mutex mutex;
  std::shared_mutex shared;
  const uint64_t before = testing_support::locks();
  { const std::lock_guard lock(mutex); }
  { const std::unique_lock lock(mutex, std::try_to_lock); }
  { const std::lock_guard lock(shared); }
  { const std::shared_lock lock(shared); }
  EXPECT_EQ(testing_support::locks(), before + 4);
}

#endif
