#include "base/number_map.h"

#include <gtest/gtest.h>

#include <map>

#include "testing/seeded_random.h"

namespace base {
namespace {

TEST(NumberMap, IsEmptyAtFirst) {
  NumberMap<int> map;
  EXPECT_EQ(map.find(0), nullptr);
  map.erase(0);
  EXPECT_EQ(map.size(), 0u);
}

// Against std::map: few keys, so that they are set, moved and erased often, and lie in runs.
TEST(NumberMap, AgreesWithASlowOne) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    testing_support::SeededRandom random(seed);
    NumberMap<uint64_t> map;
    std::map<uint32_t, uint64_t> slow;
    for (int step = 0; step < 500; ++step) {
      const auto key = static_cast<uint32_t>(random.below(60) * (seed % 3 == 0 ? 1u << 28 : 1));
      if (random.chance(55)) {
        const uint64_t value = random.below(1000);
        map.set(key, value);
        slow[key] = value;
      } else {
        map.erase(key);
        slow.erase(key);
      }
      ASSERT_EQ(map.size(), slow.size()) << seed;
      for (uint32_t probe = 0; step % 10 == 0 && probe < 60; ++probe) {
        const uint32_t asked = probe * (seed % 3 == 0 ? 1u << 28 : 1);
        const uint64_t* found = map.find(asked);
        const auto expected = slow.find(asked);
        ASSERT_EQ(found != nullptr, expected != slow.end()) << seed << " " << asked;
        if (found != nullptr) ASSERT_EQ(*found, expected->second) << seed << " " << asked;
      }
    }
    size_t visited = 0;
    map.for_each([&](uint32_t key, uint64_t value) {
      ++visited;
      EXPECT_EQ(slow.at(key), value);
    });
    EXPECT_EQ(visited, slow.size());
  }
}

}  // namespace
}  // namespace base
