#include "transport/beat.h"

#include <gtest/gtest.h>

namespace transport {
namespace {

constexpr base::Instant kStart{5'000'000};
constexpr base::Instant kNever{};
constexpr auto millis = base::Duration::millis;

// [TRN-20]
TEST(Beat, IsDueAtOnceAndThenEachInterval) {
  Beat beat;
  EXPECT_LE(beat.next_deadline(), kStart);
  base::Instant now = kStart;
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(beat.take_due(now, kNever));
    EXPECT_EQ(beat.next_deadline(), now + kBeatInterval);
    EXPECT_FALSE(beat.take_due(now + kBeatInterval - base::Duration::micros(1), kNever));
    now = now + kBeatInterval;
  }
}

// [TRN-20]
TEST(Beat, WaitsForTheIntervalAfterTheLastMediaOrReport) {
  Beat beat;
  ASSERT_TRUE(beat.take_due(kStart, kNever));
  const base::Instant media_at = kStart + millis(100);
  const base::Instant report_at = kStart + millis(400);
  EXPECT_FALSE(beat.take_due(kStart + kBeatInterval, media_at));
  EXPECT_EQ(beat.next_deadline(), media_at + kBeatInterval);
  EXPECT_TRUE(beat.take_due(media_at + kBeatInterval, media_at));
  beat.handle_said(report_at);
  EXPECT_FALSE(beat.take_due(media_at + kBeatInterval * 2, media_at));
  EXPECT_EQ(beat.next_deadline(), report_at + kBeatInterval);
}

// A thread that stood still does not catch up.
TEST(Beat, IsOneHoweverLate) {
  Beat beat;
  ASSERT_TRUE(beat.take_due(kStart, kNever));
  const base::Instant late = kStart + millis(2'000);
  EXPECT_TRUE(beat.take_due(late, kNever));
  EXPECT_FALSE(beat.take_due(late, kNever));
  EXPECT_EQ(beat.next_deadline(), late + kBeatInterval);
}

}  // namespace
}  // namespace transport
