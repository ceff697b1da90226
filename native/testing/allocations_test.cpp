#include "testing/allocations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

TEST(Allocations, AreCounted) {
  const uint64_t before = testing_support::allocations();
  const std::unique_ptr<void, void (*)(void*)> by_c(std::malloc(1), std::free);
  const auto by_cpp = std::make_unique<volatile int>(1);
  EXPECT_GE(testing_support::allocations(), before + 2);
}
