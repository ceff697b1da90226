#include "rtp/reports.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"

namespace rtp {
namespace {

using base::Duration;
using base::Instant;

TEST(Ntp, ConvertsBothWays) {
  EXPECT_EQ(ntp_from_unix(0) >> 32, 2208988800u);
  EXPECT_EQ(ntp_from_unix(500000) & 0xffffffff, 0x80000000u);
  for (const int64_t us : {0L, 1L, 999999L, 1700000000123456L, 2085978495999999L}) {
    EXPECT_EQ(unix_from_ntp(ntp_from_unix(us)), us);
  }
}

// [REP-1]
TEST(RoundTrip, IsNowMinusReportMinusDelay) {
  wire::ReportBlock block;
  EXPECT_FALSE(round_trip(block, 1000).has_value());
  block.last_sr = 0xfffff000;
  block.delay_since_last_sr = compact_span(Duration::millis(500));
  const uint32_t now = block.last_sr + compact_span(Duration::millis(550));
  EXPECT_NEAR(static_cast<double>(round_trip(block, now)->us), 50000, 31);
  EXPECT_EQ(round_trip(block, block.last_sr), Duration::millis(1));
  EXPECT_FALSE(round_trip(block, block.last_sr + (uint32_t{1000} << 16)).has_value());
}

TEST(CompactSpan, Saturates) {
  EXPECT_EQ(compact_span(Duration::millis(-1)), 0u);
  EXPECT_EQ(compact_span(Duration::seconds(1)), 65536u);
  EXPECT_EQ(compact_span(Duration::seconds(70000)), 0xffffffffu);
}

TEST(RttEstimate, StartsWithTheFirstSampleAndSmooths) {
  RttEstimate rtt;
  EXPECT_EQ(rtt.value_or(kDefaultRtt), kDefaultRtt);
  rtt.add(Duration::millis(80));
  EXPECT_EQ(rtt.value(), Duration::millis(80));
  rtt.add(Duration::millis(160));
  EXPECT_EQ(rtt.value(), Duration::millis(90));
}

// [REP-2]
TEST(RemoteClock, TrustsTheFastestReportAndFollowsDrift) {
  testing_support::SeededRandom random(7);
  RemoteClock clock;
  EXPECT_FALSE(clock.local_of(ntp_from_unix(0)).has_value());
  constexpr int64_t kUnixAtZero = 1700000000000000;
  for (int64_t second = 0; second < 3600; ++second) {
    // The peer's clock runs 50 ppm fast; its reports take 10 to 60 ms.
    const int64_t sent_us = second * 1000000;
    const int64_t theirs = kUnixAtZero + sent_us + sent_us / 20000;
    const auto delay = static_cast<int64_t>(10000 + (random.chance(30) ? 0 : random.below(50000)));
    clock.handle_sender_report(ntp_from_unix(theirs), Instant{sent_us + delay});
    if (second < 20) continue;
    const int64_t error = clock.local_of(ntp_from_unix(theirs))->us - sent_us;
    ASSERT_GE(error, 8000) << second;
    ASSERT_LE(error, 30000) << second;
  }
}

// [REP-3]
TEST(ReportSchedule, SpreadsAroundItsInterval) {
  testing_support::SeededRandom random(3);
  Instant now{0};
  ReportSchedule schedule(Duration::seconds(1), random, now);
  EXPECT_FALSE(schedule.take_due(random, now));
  int64_t sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const Instant due = schedule.next_deadline();
    EXPECT_GE(due - now, Duration::millis(500));
    EXPECT_LE(due - now, Duration::millis(1500));
    sum += (due - now).us;
    now = due;
    EXPECT_TRUE(schedule.take_due(random, now));
  }
  EXPECT_NEAR(static_cast<double>(sum) / 1000, 1e6, 3e4);
}

}  // namespace
}  // namespace rtp
