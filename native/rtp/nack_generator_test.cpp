#include "rtp/nack_generator.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "testing/seeded_random.h"

namespace rtp {
namespace {

using base::Duration;
using base::Instant;

constexpr Duration kRtt = Duration::millis(100);
constexpr Instant kStart{1000000};

std::vector<uint16_t> collect(NackGenerator& nacks, Instant now, Duration rtt = kRtt) {
  std::array<uint16_t, 256> out;
  const size_t count = nacks.collect(now, rtt, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count)};
}

// [NACK-1]
TEST(NackGenerator, AsksAfterTheGuardAndAgainEachRoundTrip) {
  NackGenerator nacks(NackPolicy::video());
  EXPECT_TRUE(nacks.next_deadline().is_never());
  nacks.handle_gap(65535, 2, kStart);
  EXPECT_EQ(nacks.next_deadline(), kStart + Duration::millis(5));
  EXPECT_TRUE(collect(nacks, kStart + Duration::millis(4)).empty());
  EXPECT_EQ(collect(nacks, kStart + Duration::millis(5)), (std::vector<uint16_t>{65535, 0}));
  EXPECT_EQ(nacks.next_deadline(), kStart + Duration::millis(105));
  EXPECT_TRUE(collect(nacks, kStart + Duration::millis(104)).empty());
  EXPECT_EQ(collect(nacks, kStart + Duration::millis(105)).size(), 2u);
}

// [NACK-1] [NACK-4]
TEST(NackGenerator, AsksTenTimesThenGivesUpAfterASecond) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(10, 1, kStart);
  int asked = 0;
  for (int ms = 0; ms <= 1100; ++ms) {
    asked += static_cast<int>(
        collect(nacks, kStart + Duration::millis(ms), Duration::millis(20)).size());
    if (ms == 999) {
      EXPECT_EQ(asked, 10);
      EXPECT_FALSE(nacks.take_gave_up());
    }
  }
  EXPECT_EQ(asked, 10);
  EXPECT_EQ(nacks.size(), 0u);
  EXPECT_TRUE(nacks.take_gave_up());
  EXPECT_FALSE(nacks.take_gave_up());
  EXPECT_TRUE(nacks.next_deadline().is_never());
}

// [NACK-1]
TEST(NackGenerator, AudioIsAskedForOnce) {
  NackGenerator nacks(NackPolicy::audio());
  nacks.handle_gap(10, 1, kStart);
  int asked = 0;
  for (int ms = 0; ms <= 300; ++ms) {
    asked += static_cast<int>(collect(nacks, kStart + Duration::millis(ms)).size());
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(nacks.size(), 0u);
}

// [NACK-1], T7.3
TEST(NackGenerator, ReorderingWithinTheGuardIsNotAskedFor) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(10, 3, kStart);
  for (int64_t number = 12; number >= 10; --number) {
    EXPECT_FALSE(nacks.handle_arrival(number, kStart + Duration::millis(4)).has_value());
  }
  EXPECT_TRUE(collect(nacks, kStart + Duration::millis(50)).empty());
  EXPECT_FALSE(nacks.take_gave_up());
}

// [NACK-2]
TEST(NackGenerator, AnAnswerToTheOnlyRequestMeasuresTheRoundTrip) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(10, 2, kStart);
  collect(nacks, kStart + Duration::millis(5));
  EXPECT_EQ(nacks.handle_arrival(10, kStart + Duration::millis(47)), Duration::millis(42));
  EXPECT_FALSE(nacks.handle_arrival(10, kStart + Duration::millis(48)).has_value());
  EXPECT_EQ(collect(nacks, kStart + Duration::millis(105)), std::vector<uint16_t>{11});
  EXPECT_FALSE(nacks.handle_arrival(11, kStart + Duration::millis(150)).has_value());
}

// [NACK-3]
TEST(NackGenerator, OverflowDropsWhatPrecedesTheKeyFrame) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(0, 600, kStart);
  nacks.handle_key_frame(700);
  nacks.handle_gap(800, 600, kStart);
  EXPECT_EQ(nacks.size(), 600u);
  EXPECT_FALSE(nacks.take_gave_up());
  nacks.handle_gap(1500, 600, kStart);
  EXPECT_EQ(nacks.size(), 0u);
  EXPECT_TRUE(nacks.take_gave_up());
}

// [NACK-3]
TEST(NackGenerator, WhatIsFarBehindIsGivenUp) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(0, 1, kStart);
  nacks.handle_gap(kMaxNackAge + 1, 1, kStart);
  EXPECT_EQ(nacks.size(), 1u);
  EXPECT_TRUE(nacks.take_gave_up());
}

// [NACK-4]
TEST(NackGenerator, GivingUpBeforeAKeyFrameNeedsNoOther) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(10, 1, kStart);
  nacks.handle_key_frame(20);
  collect(nacks, kStart + Duration::millis(1000));
  EXPECT_EQ(nacks.size(), 0u);
  EXPECT_FALSE(nacks.take_gave_up());
}

// [NACK-5]
TEST(NackGenerator, MessagesAreTwentyMillisecondsApartUnlessOneIsFull) {
  NackGenerator nacks(NackPolicy::video());
  nacks.handle_gap(0, 300, kStart);
  const Instant first = kStart + Duration::millis(5);
  EXPECT_EQ(collect(nacks, first).size(), 256u);
  EXPECT_EQ(collect(nacks, first).size(), 44u);
  EXPECT_TRUE(collect(nacks, first).empty());
  nacks.handle_gap(400, 1, first);
  EXPECT_TRUE(collect(nacks, first + Duration::millis(19)).empty());
  EXPECT_EQ(collect(nacks, first + Duration::millis(20)).size(), 1u);
}

// The slow twin: a map that is searched whole each time.
TEST(NackGenerator, AgreesWithAMap) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    struct Missing {
      Instant since;
      Instant asked;
      int tries = 0;
    };
    const NackPolicy policy = NackPolicy::video();
    NackGenerator nacks(policy);
    std::map<int64_t, Missing> missing;
    int64_t next = 65000;
    for (int ms = 0; ms < 5000; ms += 20) {
      const Instant now = kStart + Duration::millis(ms);
      if (random.chance(50)) {
        const auto count = static_cast<int64_t>(1 + random.below(4));
        nacks.handle_gap(next, count, now);
        for (int64_t i = 0; i < count; ++i) missing[next + i] = {now, {}, 0};
        next += count + 1;
      }
      for (int64_t number = next - 60; number < next; ++number) {
        if (!random.chance(3)) continue;
        nacks.handle_arrival(number, now);
        missing.erase(number);
      }
      std::vector<uint16_t> expected;
      for (auto& [number, entry] : missing) {
        if (now - entry.since >= policy.give_up_after) continue;
        const bool due = entry.tries == 0 ? now - entry.since >= policy.reorder_guard
                                          : now - entry.asked >= kRtt;
        if (!due || entry.tries == policy.max_tries) continue;
        expected.push_back(static_cast<uint16_t>(number));
        entry.asked = now;
        ++entry.tries;
      }
      std::erase_if(missing, [&](const auto& item) {
        return now - item.second.since >= policy.give_up_after;
      });
      ASSERT_EQ(collect(nacks, now), expected) << ms;
    }
  }
}

}  // namespace
}  // namespace rtp
