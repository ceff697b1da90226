#include "rtp/receive_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "testing/seeded_random.h"

namespace rtp {
namespace {

constexpr std::array<uint16_t, 16> kStarts = {
    0, 1, 2, 127, 128, 255, 256, 32766, 32767, 32768, 32769, 65279, 65533, 65534, 65535, 4095};

Placement receive(ReceiveLog& log, int number) {
  return log.handle_packet(static_cast<uint16_t>(number), false);
}

class ReceiveLogFrom : public testing::TestWithParam<uint16_t> {};
INSTANTIATE_TEST_SUITE_P(Starts, ReceiveLogFrom, testing::ValuesIn(kStarts));

// [LOG-1]
TEST_P(ReceiveLogFrom, NumbersContinueThroughTheWrap) {
  ReceiveLog log;
  for (int i = 0; i < 140000; ++i) {
    const Placement placement = receive(log, GetParam() + i);
    ASSERT_EQ(placement.arrival, Arrival::kAhead);
    ASSERT_EQ(placement.sequence, GetParam() + i);
    ASSERT_EQ(placement.missing, 0);
  }
  EXPECT_EQ(log.packets_lost(), 0);
  EXPECT_EQ(log.report(1)->extended_highest_sequence, GetParam() + 139999u);
}

// [LOG-1] [LOG-2]
TEST_P(ReceiveLogFrom, GapsAreCountedAndFilledOnce) {
  ReceiveLog log;
  receive(log, GetParam());
  const Placement ahead = receive(log, GetParam() + 4);
  EXPECT_EQ(ahead.arrival, Arrival::kAhead);
  EXPECT_EQ(ahead.missing, 3);
  EXPECT_EQ(log.packets_lost(), 3);
  const Placement late = receive(log, GetParam() + 2);
  EXPECT_EQ(late.arrival, Arrival::kLate);
  EXPECT_EQ(late.sequence, GetParam() + 2);
  EXPECT_EQ(receive(log, GetParam() + 2).arrival, Arrival::kDuplicate);
  EXPECT_EQ(receive(log, GetParam() + 4).arrival, Arrival::kDuplicate);
  EXPECT_EQ(log.packets_lost(), 2);
  EXPECT_EQ(log.duplicates(), 2u);
}

// [LOG-3]
TEST_P(ReceiveLogFrom, AJumpIsBelievedWhenTheNextPacketContinuesIt) {
  ReceiveLog log;
  receive(log, GetParam());
  const int elsewhere = GetParam() + 20000;
  EXPECT_EQ(receive(log, elsewhere).arrival, Arrival::kUnlikely);
  EXPECT_EQ(receive(log, GetParam() + 1).arrival, Arrival::kAhead);
  EXPECT_EQ(receive(log, elsewhere + 1).arrival, Arrival::kUnlikely);
  EXPECT_EQ(log.generation(), 0u);
  const Placement restarted = receive(log, elsewhere + 2);
  EXPECT_EQ(restarted.arrival, Arrival::kRestarted);
  EXPECT_TRUE(restarted.accepted());
  EXPECT_EQ(log.generation(), 1u);
  EXPECT_EQ(receive(log, elsewhere + 3).missing, 0);
  EXPECT_EQ(log.packets_lost(), 0);
}

// [LOG-3]
TEST(ReceiveLog, TheLargestStepsThatAreBelievedAtOnce) {
  ReceiveLog log;
  receive(log, 10000);
  EXPECT_EQ(receive(log, 10000 + 3000).arrival, Arrival::kAhead);
  EXPECT_EQ(receive(log, 13000 + 3001).arrival, Arrival::kUnlikely);
  EXPECT_EQ(receive(log, 13000 - 1500).arrival, Arrival::kLate);
  EXPECT_EQ(receive(log, 13000 - 1501).arrival, Arrival::kUnlikely);
}

// [LOG-4]
TEST(ReceiveLog, RepairedPacketsFillGapsButCountAsLost) {
  ReceiveLog log;
  EXPECT_FALSE(log.handle_packet(7, true).accepted());
  receive(log, 100);
  receive(log, 102);
  EXPECT_EQ(log.handle_packet(101, true).arrival, Arrival::kLate);
  EXPECT_EQ(log.packets_lost(), 1);
  EXPECT_EQ(log.packets_repaired(), 1u);
  EXPECT_EQ(receive(log, 101).arrival, Arrival::kDuplicate);
  EXPECT_FALSE(log.handle_packet(40000, true).accepted());
  EXPECT_FALSE(log.handle_packet(40001, true).accepted());
  EXPECT_EQ(log.generation(), 0u);
}

// [LOG-5], T7.5
TEST_P(ReceiveLogFrom, ReportsTenPercentLoss) {
  ReceiveLog log;
  for (int i = 0; i < 10000; ++i) {
    if (i % 10 != 5) receive(log, GetParam() + i);
    if (i % 1000 == 999) {
      const uint8_t fraction = log.report(9)->fraction_lost;
      EXPECT_TRUE(fraction == 25 || fraction == 26) << int{fraction};
    }
  }
  const wire::ReportBlock block = *log.report(9);
  EXPECT_EQ(block.cumulative_lost, 1000);
  EXPECT_EQ(block.fraction_lost, 0);  // nothing was expected since
  EXPECT_EQ(block.ssrc, 9u);
}

// [LOG-5]
TEST(ReceiveLog, ReordersBeforeTheFirstPacketAreNotLost) {
  ReceiveLog log;
  receive(log, 10);
  EXPECT_EQ(receive(log, 8).arrival, Arrival::kLate);
  EXPECT_EQ(receive(log, 9).arrival, Arrival::kLate);
  EXPECT_EQ(log.packets_lost(), 0);
  EXPECT_EQ(log.report(1)->fraction_lost, 0);
}

TEST(ReceiveLog, HasNothingToReportBeforeTheFirstPacket) {
  EXPECT_FALSE(ReceiveLog().report(1).has_value());
}

// [LOG-6]: against the formula of RFC 3550 A.8 in floating point.
TEST(ReceiveLog, JitterFollowsTheReference) {
  testing_support::SeededRandom random(1);
  ReceiveLog log;
  double jitter = 0;
  int64_t last_transit = 0;
  for (int i = 0; i < 2000; ++i) {
    const int64_t delay_us = static_cast<int64_t>(random.below(20000));
    const base::Instant arrival{int64_t{i} * 20000 + delay_us};
    const auto timestamp = static_cast<uint32_t>(0xfffff000u + i * 960u);
    log.sample_jitter(timestamp, 48000, arrival);
    log.sample_jitter(timestamp, 48000, arrival + base::Duration::millis(3));  // same frame
    const int64_t transit = delay_us * 48 / 1000;
    if (i > 0) jitter += (static_cast<double>(std::abs(transit - last_transit)) - jitter) / 16;
    last_transit = transit;
    ASSERT_NEAR(log.jitter(), jitter, 2) << i;
  }
  const uint32_t before = log.jitter();
  log.sample_jitter(5, 48000, base::Instant{int64_t{2000} * 20000});
  EXPECT_EQ(log.jitter(), before);
}

// The slow twin: a set of numbers.
TEST(ReceiveLog, AgreesWithASetOfNumbers) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    ReceiveLog log;
    std::set<int64_t> seen;
    int64_t next = kStarts[seed % kStarts.size()];
    const int64_t first = next;
    for (int i = 0; i < 20000; ++i) {
      int64_t number = next;
      if (!seen.empty() && random.chance(20)) {
        number = std::max<int64_t>(first, next - static_cast<int64_t>(random.below(200)));
      } else {
        number += random.chance(5) ? static_cast<int64_t>(random.below(50)) : 0;
        next = number + 1;
      }
      const bool is_new = seen.insert(number).second;
      const Placement placement = receive(log, static_cast<int>(number));
      ASSERT_EQ(placement.accepted(), is_new) << i;
      ASSERT_EQ(placement.sequence, number) << i;
      ASSERT_EQ(log.highest(), *seen.rbegin());
      ASSERT_EQ(log.packets_lost(),
                *seen.rbegin() - *seen.begin() + 1 - static_cast<int64_t>(seen.size()));
    }
  }
}

}  // namespace
}  // namespace rtp
