#include "forward/skip_map.h"

#include <gtest/gtest.h>

#include <set>

#include "testing/seeded_random.h"

namespace forward {
namespace {

// The slow twin: a set of the numbers left out.
TEST(SkipMap, AgreesWithASet) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    SkipMap map;
    std::set<int64_t> skipped;
    int64_t highest = -3000 + static_cast<int64_t>(random.below(6000));
    for (int i = 0; i < 5000; ++i) {
      const int64_t previous = highest;
      highest += random.chance(1) ? static_cast<int64_t>(random.below(5000))
                                  : 1 + static_cast<int64_t>(random.below(3));
      map.advance(previous, highest);
      if (random.chance(40)) {
        map.mark(highest);
        skipped.insert(highest);
      }
      const int64_t number = highest - static_cast<int64_t>(random.below(kSkipWindow));
      ASSERT_EQ(map.contains(number), skipped.contains(number)) << i;
      ASSERT_EQ(map.count_after(number, highest),
                std::distance(skipped.upper_bound(number), skipped.upper_bound(highest)))
          << i;
    }
  }
}

}  // namespace
}  // namespace forward
