// Both sides on one thread; on two: io/relay_links_test.cpp.
#include "base/spsc_ring.h"

#include <gtest/gtest.h>

#include <deque>

#include "testing/seeded_random.h"

namespace base {
namespace {

TEST(SpscRing, ShowsWhatIsPublishedOnly) {
  SpscRing<int> ring(4);
  EXPECT_FALSE(ring.publish());
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_EQ(ring.available(), 0u);
  EXPECT_EQ(ring.size(), 2u);
  EXPECT_TRUE(ring.publish());
  EXPECT_FALSE(ring.publish());
  ASSERT_EQ(ring.available(), 2u);
  EXPECT_EQ(ring.front(), 1);
  ring.pop();
  EXPECT_EQ(ring.front(), 2);
  ring.pop();
  EXPECT_EQ(ring.available(), 0u);
}

TEST(SpscRing, RefusesTheItemTooMany) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(4));
  ring.publish();
  ASSERT_EQ(ring.available(), 4u);
  ring.pop();
  EXPECT_TRUE(ring.push(4));
  EXPECT_FALSE(ring.push(5));
}

// Against the obvious queue.
TEST(SpscRing, KeepsOrderWhateverTheInterleaving) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    testing_support::SeededRandom random(seed);
    SpscRing<int> ring(8);
    std::deque<int> waiting;
    std::deque<int> visible;
    int next = 0;
    for (int step = 0; step < 5000; ++step) {
      switch (random.below(3)) {
        case 0:
          ASSERT_EQ(ring.push(next), waiting.size() + visible.size() < 8);
          if (waiting.size() + visible.size() < 8) waiting.push_back(next++);
          break;
        case 1:
          ASSERT_EQ(ring.publish(), !waiting.empty());
          visible.insert(visible.end(), waiting.begin(), waiting.end());
          waiting.clear();
          break;
        default:
          ASSERT_EQ(ring.available(), visible.size());
          if (visible.empty()) break;
          ASSERT_EQ(ring.front(), visible.front());
          ring.pop();
          visible.pop_front();
      }
    }
  }
}

}  // namespace
}  // namespace base
