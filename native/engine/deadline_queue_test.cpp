#include "engine/deadline_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "testing/seeded_random.h"

namespace {

using base::Instant;
using engine::DeadlineQueue;

TEST(DeadlineQueue, IsEmptyUntilSomethingIsSet) {
  DeadlineQueue queue;
  EXPECT_TRUE(queue.next().is_never());
  EXPECT_FALSE(queue.pop_due(Instant{1'000'000}));
  queue.remove(7);
  EXPECT_TRUE(queue.next().is_never());
}

TEST(DeadlineQueue, GivesWhatIsDueInOrderOfTime) {
  DeadlineQueue queue;
  queue.set(3, Instant{30});
  queue.set(1, Instant{10});
  queue.set(2, Instant{20});
  EXPECT_EQ(queue.next(), Instant{10});
  EXPECT_EQ(queue.pop_due(Instant{25}), 1u);
  EXPECT_EQ(queue.pop_due(Instant{25}), 2u);
  EXPECT_FALSE(queue.pop_due(Instant{25}));
  EXPECT_EQ(queue.next(), Instant{30});
}

// The heap against the obvious: a map that is searched.
// [ENG-13]
TEST(DeadlineQueue, AgreesWithASearchedMap) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    testing_support::SeededRandom random(seed);
    DeadlineQueue queue;
    std::map<uint32_t, Instant> model;
    const auto earliest = [&model] {
      return std::min_element(model.begin(), model.end(),
                              [](const auto& a, const auto& b) { return a.second < b.second; });
    };
    for (int i = 0; i < 5000; ++i) {
      const auto index = static_cast<uint32_t>(random.below(50));
      const Instant at{static_cast<int64_t>(random.below(1000))};
      if (random.chance(20)) {
        queue.remove(index);
        model.erase(index);
      } else if (random.chance(70)) {
        queue.set(index, at);
        model[index] = at;
      } else if (const auto due = queue.pop_due(at)) {
        ASSERT_TRUE(model.contains(*due));
        ASSERT_LE(model[*due], at);
        ASSERT_EQ(model[*due], earliest()->second);
        model.erase(*due);
      } else {
        ASSERT_TRUE(model.empty() || earliest()->second > at);
      }
      ASSERT_EQ(queue.next(), model.empty() ? Instant::never() : earliest()->second);
    }
  }
}

}  // namespace
