#include "forward/rtp_rewriter.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "testing/seeded_random.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{10000000};

SourcePosition at(int64_t sequence, int64_t timestamp, Instant arrived, uint32_t ssrc = 1) {
  SourcePosition position;
  position.source = {ssrc, 0};
  position.sequence = sequence;
  position.timestamp = timestamp;
  position.arrived_at = arrived;
  return position;
}

// Maps and sends one packet; the number it got.
std::optional<int64_t> send(RtpRewriter& rewriter, const SourcePosition& position,
                            bool marker = true) {
  const std::optional<int64_t> sequence = rewriter.map_sequence(position.sequence);
  if (sequence) rewriter.handle_sent(*sequence, position, marker);
  return sequence;
}

RtpRewriter started(int64_t sequence, int64_t timestamp, int64_t first_out = 0) {
  RtpRewriterState seed;
  seed.last_sequence = first_out - 1;
  RtpRewriter rewriter(seed);
  const SourcePosition first = at(sequence, timestamp, kStart);
  rewriter.begin_epoch(first, true);
  send(rewriter, first);
  return rewriter;
}

// [SEQ-1]
TEST(RtpRewriter, KeepsDistancesFromManyStarts) {
  for (const int64_t in : {0, 1, 32767, 65535, 65536, 100000}) {
    for (const int64_t out : {0, 1, 32767, 65535}) {
      RtpRewriter rewriter = started(in, 0, out);
      EXPECT_EQ(rewriter.state().last_sequence, out);
      EXPECT_EQ(send(rewriter, at(in + 1, 0, kStart)), out + 1);
      EXPECT_EQ(send(rewriter, at(in + 5, 0, kStart)), out + 5);
      EXPECT_EQ(send(rewriter, at(in + 3, 0, kStart)), out + 3);
      EXPECT_EQ(rewriter.state().last_sequence, out + 5);
    }
  }
}

// [SEQ-2] [SEQ-3]
TEST(RtpRewriter, WhatIsLeftOutClosesUpOnlyWhenNewest) {
  RtpRewriter rewriter = started(10, 0);
  rewriter.skip(11);
  EXPECT_EQ(send(rewriter, at(12, 0, kStart)), 1);
  rewriter.skip(15);  // 13 and 14 are missing
  EXPECT_EQ(send(rewriter, at(16, 0, kStart)), 4);
  rewriter.skip(13);  // late: 13 keeps its place, nobody fills it
  EXPECT_EQ(send(rewriter, at(14, 0, kStart)), 3);
  EXPECT_FALSE(send(rewriter, at(11, 0, kStart)).has_value());
  EXPECT_FALSE(send(rewriter, at(15, 0, kStart)).has_value());
  EXPECT_EQ(send(rewriter, at(17, 0, kStart)), 5);
}

// [SEQ-3]
TEST(RtpRewriter, TooLateHasNoPlace) {
  RtpRewriter rewriter = started(10, 0);
  send(rewriter, at(10 + kSkipWindow, 0, kStart));
  EXPECT_FALSE(rewriter.map_sequence(10).has_value());
  EXPECT_TRUE(rewriter.map_sequence(11).has_value());
}

// [SEQ-4]
TEST(RtpRewriter, ANewEpochContinuesAndShowsAFrameCutShort) {
  RtpRewriter rewriter = started(10, 0);
  send(rewriter, at(11, 0, kStart), true);
  rewriter.begin_epoch(at(5000, 0, kStart, 2), true);
  EXPECT_EQ(send(rewriter, at(5000, 0, kStart, 2), false), 2);
  rewriter.begin_epoch(at(60000, 0, kStart, 3), true);
  EXPECT_EQ(send(rewriter, at(60000, 0, kStart, 3), false), 4);
  rewriter.begin_epoch(at(1, 0, kStart, 4), false);
  EXPECT_EQ(send(rewriter, at(1, 0, kStart, 4), false), 5);
}

// [TS-1]
TEST(RtpRewriter, AResumedSourceKeepsItsTime) {
  RtpRewriter rewriter = started(10, 1000);
  const SourcePosition back = at(900, 901000, kStart + Duration::seconds(10));
  rewriter.begin_epoch(back, true);
  send(rewriter, back);
  EXPECT_EQ(rewriter.state().last_timestamp, 901000);
  EXPECT_EQ(rewriter.state().last_sequence, 1);
}

// [TS-2]
TEST(RtpRewriter, AnotherSourceContinuesByCaptureTime) {
  RtpRewriter rewriter;
  SourcePosition first = at(1, 5000, kStart);
  first.captured_at = kStart - Duration::millis(30);
  rewriter.begin_epoch(first, true);
  send(rewriter, first);
  SourcePosition other = at(7, 123456789, kStart + Duration::millis(900), 2);
  other.captured_at = kStart + Duration::millis(970) - Duration::millis(100);
  rewriter.begin_epoch(other, true);
  send(rewriter, other);
  EXPECT_EQ(rewriter.state().last_timestamp, 5000 + 90 * 900);
}

// [TS-2]
TEST(RtpRewriter, WithoutReportsArrivalTimeServes) {
  RtpRewriter rewriter = started(10, 1000);
  const SourcePosition other = at(7, 0xfffffff0, kStart + Duration::millis(500), 2);
  rewriter.begin_epoch(other, true);
  send(rewriter, other);
  EXPECT_EQ(rewriter.state().last_timestamp, 1000 + 90 * 500);
}

// [TS-3] E18
TEST(RtpRewriter, TimeNeitherStandsNorLeaps) {
  RtpRewriter rewriter;
  SourcePosition first = at(1, 5000, kStart);
  first.captured_at = kStart;
  rewriter.begin_epoch(first, true);
  send(rewriter, first);
  SourcePosition behind = at(1, 5000, kStart + Duration::millis(100), 2);
  behind.captured_at = kStart - Duration::seconds(3600);
  rewriter.begin_epoch(behind, true);
  send(rewriter, behind);
  EXPECT_EQ(rewriter.state().last_timestamp, 5000 + 90);
  SourcePosition ahead = at(1, 5000, kStart + Duration::millis(200), 3);
  ahead.captured_at = kStart + Duration::seconds(3600);
  rewriter.begin_epoch(ahead, true);
  send(rewriter, ahead);
  EXPECT_EQ(rewriter.state().last_timestamp, 5000 + 90 + 90 * 100);
}

// [TS-4]
TEST(RtpRewriter, TheMediaClockIsThatOfTheNewestPacket) {
  RtpRewriter rewriter;
  EXPECT_FALSE(rewriter.media_clock().has_value());
  SourcePosition first = at(1, 0x1ffffffff, kStart);
  first.captured_at = kStart;
  rewriter.begin_epoch(first, true);
  send(rewriter, first);
  EXPECT_EQ(rewriter.media_clock()->timestamp_at(kStart + Duration::seconds(1)), 89999u);
}

// The slow twin keeps every number ever given, per epoch; random loss, reordering, skips, epochs.
// [SEQ-1] to [SEQ-5], T3.3
TEST(RtpRewriter, AgreesWithABookOfAllPackets) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    RtpRewriter rewriter;
    std::set<int64_t> used;
    std::map<int64_t, int64_t> offsets;  // of the epoch: out = in - offset, for each number so far
    std::set<int64_t> skipped;
    int64_t in = 0;
    int64_t highest = 0;
    int64_t offset = 0;
    int64_t first = 0;
    Instant now = kStart;
    for (int i = 0; i < 20000; ++i) {
      now = now + Duration::millis(1);
      if (i % 997 == 0) {  // a new epoch, anywhere
        in = highest = first = static_cast<int64_t>(random.below(1 << 20));
        offset = in - (rewriter.state().last_sequence + 1);
        offsets.clear();
        skipped.clear();
        rewriter.begin_epoch(at(in, 0, now, static_cast<uint32_t>(i)), true);
      } else if (random.chance(15)) {
        in = std::max(first, highest - static_cast<int64_t>(random.below(60)));
      } else {
        in = highest + 1 + (random.chance(5) ? static_cast<int64_t>(random.below(9)) : 0);
      }
      const bool newest = in > highest || i % 997 == 0;
      for (; highest < in; ++highest) offsets[highest + 1] = offset;
      offsets.emplace(in, offset);
      if (i % 997 != 0 && newest && random.chance(25)) {
        rewriter.skip(in);
        skipped.insert(in);
        ++offset;
        continue;
      }
      const bool known = !skipped.contains(in);
      const std::optional<int64_t> out = rewriter.map_sequence(in);
      ASSERT_EQ(out.has_value(), known) << i;
      if (!out) continue;
      ASSERT_EQ(*out, in - offsets.at(in)) << i;
      rewriter.handle_sent(*out, at(in, 0, now), true);
      if (newest) {
        ASSERT_TRUE(used.insert(*out).second) << i;
      }
    }
  }
}

}  // namespace
}  // namespace forward
