#include "srtp/replay_window.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "testing/seeded_random.h"

namespace {

using srtp::kReplayWindow;
using srtp::ReplayWindow;

// Around every place where something wraps: sequence numbers, their halves, words of the window.
constexpr uint64_t kStarts[] = {0,       1,       63,         64,          0x7ffe,
                                0x7fff,  0x8000,  0x8001,     0xfffd,      0xfffe,
                                0xffff,  0x10000, 0x10001,    0x17fff,     0x18000,
                                0x1ffff, 0x20000, 0xffffffff, 0x100000000, 0xfffffffe0000};

// A window that has just seen exactly `highest`, however large.
ReplayWindow window_having(uint64_t highest) {
  ReplayWindow window;
  window.mark(highest);
  return window;
}

TEST(ReplayWindow, FirstPacketHasRolloverZero) {  // [SRTP-4]
  EXPECT_EQ(ReplayWindow().index_of(0xffff), 0xffffu);
  EXPECT_EQ(ReplayWindow().index_of(0), 0u);
}

TEST(ReplayWindow, IndexIsTheNearestWithin32768) {  // [SRTP-4]
  for (const uint64_t highest : kStarts) {
    const ReplayWindow window = window_having(highest);
    for (int64_t distance = -0x7fff; distance <= 0x8000; ++distance) {
      const int64_t index = static_cast<int64_t>(highest) + distance;
      const auto found = window.index_of(static_cast<uint16_t>(index));
      if (index < 0) {
        EXPECT_FALSE(found.has_value());
      } else {
        ASSERT_EQ(found, static_cast<uint64_t>(index)) << highest << " " << distance;
      }
    }
  }
}

TEST(ReplayWindow, FollowsManyRollovers) {  // [SRTP-4]
  ReplayWindow window = window_having(0xffef);
  uint64_t index = 0xfff0;
  for (int i = 0; i < 400; ++i, index += 0x7fff) {
    const auto found = window.index_of(static_cast<uint16_t>(index));
    ASSERT_EQ(found, index);
    window.mark(index);
  }
}

TEST(ReplayWindow, AcceptsOnceWithinTheWindow) {  // [SRTP-5]
  static_assert(kReplayWindow >= 1024);
  for (const uint64_t highest : kStarts) {
    ReplayWindow window = window_having(highest);
    EXPECT_FALSE(window.is_new(highest));
    for (uint64_t back = 1; back < kReplayWindow && back <= highest; ++back) {
      ASSERT_TRUE(window.is_new(highest - back));
      window.mark(highest - back);
      ASSERT_FALSE(window.is_new(highest - back));
    }
    if (highest < kReplayWindow) continue;
    EXPECT_FALSE(window.is_new(highest - kReplayWindow));
  }
}

// [SRTP-5] The obvious set of everything seen decides the same.
TEST(ReplayWindow, AgreesWithTheSetOfEverythingSeen) {
  for (const uint64_t start : kStarts) {
    testing_support::SeededRandom random(start + 1);
    ReplayWindow window = window_having(start);
    std::set<uint64_t> seen{start};
    uint64_t highest = start;
    for (int i = 0; i < 20000; ++i) {
      const uint64_t back = random.below(random.chance(5) ? 5000 : 100);
      const uint64_t ahead = random.below(random.chance(2) ? 6000 : 60);
      const uint64_t index = highest + ahead < back ? 0 : highest + ahead - back;
      const bool expected =
          seen.count(index) == 0 && (index > highest || highest - index < kReplayWindow);
      ASSERT_EQ(window.is_new(index), expected) << "start " << start << " step " << i;
      if (!expected) continue;
      window.mark(index);
      seen.insert(index);
      highest = std::max(highest, index);
    }
  }
}

}  // namespace
