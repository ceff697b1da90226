#include "base/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "base/packet.h"
#include "testing/seeded_random.h"

namespace base {
namespace {

TEST(Ring, RefusesTheItemTooMany) {
  Ring<int, 2> ring;
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  EXPECT_EQ(ring.pop(), 1);
  EXPECT_TRUE(ring.push(3));
  EXPECT_EQ(ring.front(), 2);
  EXPECT_EQ(ring.back(), 3);
}

TEST(Ring, PushOverForgetsTheOldest) {
  Ring<int, 3> ring;
  for (int i = 0; i < 10; ++i) ring.push_over(i);
  EXPECT_EQ(ring.size(), 3u);
  EXPECT_EQ(ring[0], 7);
  EXPECT_EQ(ring[2], 9);
}

TEST(Ring, ReleasesWhatItHeld) {
  Ring<std::shared_ptr<int>, 4> ring;
  auto item = std::make_shared<int>(1);
  ring.push(item);
  ring.push(item);
  ring.pop();
  EXPECT_EQ(item.use_count(), 2);
  ring.clear();
  EXPECT_EQ(item.use_count(), 1);
}

// Oracle: a deque.
TEST(Ring, BehavesLikeADeque) {
  testing_support::SeededRandom random(1);
  Ring<uint32_t, 7> ring;
  std::deque<uint32_t> oracle;
  for (int i = 0; i < 10000; ++i) {
    const uint32_t value = random.u32();
    if (random.chance(55)) {
      EXPECT_EQ(ring.push(value), oracle.size() < 7);
      if (oracle.size() < 7) oracle.push_back(value);
    } else if (!oracle.empty()) {
      ASSERT_EQ(ring.pop(), oracle.front());
      oracle.pop_front();
    }
    ASSERT_EQ(ring.size(), oracle.size());
    for (size_t at = 0; at < oracle.size(); ++at) ASSERT_EQ(ring[at], oracle[at]);
  }
}

TEST(PacketPool, GivesBlocksBackAndKeepsItsBound) {
  PacketPool pool(0, 2);
  PacketRef first = pool.acquire();
  PacketRef shared = first;
  PacketRef second = pool.acquire();
  EXPECT_FALSE(pool.acquire());
  first.reset();
  EXPECT_EQ(pool.blocks_in_use(), 2u);
  shared = PacketRef();
  EXPECT_EQ(pool.blocks_in_use(), 1u);
  EXPECT_TRUE(pool.acquire());
}

}  // namespace
}  // namespace base
