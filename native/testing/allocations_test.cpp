#include "testing/allocations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <vector>

TEST(Allocations, AreCounted) {
  const uint64_t before = testing_support::allocations();
  const std::unique_ptr<void, void (*)(void*)> by_c(std::malloc(1), std::free);
  const auto by_cpp = std::make_unique<volatile int>(1);
  EXPECT_GE(testing_support::allocations(), before + 2);
}

TEST(Allocations, BytesInUseComeAndGo) {
  const int64_t before = testing_support::heap_bytes();
  {
    std::vector<char> held(100'000);
    EXPECT_NEAR(static_cast<double>(testing_support::heap_bytes() - before), 100'000, 5000);
    held.resize(200'000);
    EXPECT_NEAR(static_cast<double>(testing_support::heap_bytes() - before), 200'000, 5000);
  }
  EXPECT_EQ(testing_support::heap_bytes(), before);
}
