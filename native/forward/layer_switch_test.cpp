// Subscribers that change between the encodings of a camera: the edge cases of algorithms §3.11,
// one test each, and what is measured over many changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>

#include "base/unwrapper.h"
#include "testing/layered_stream.h"
#include "testing/seeded_random.h"

namespace forward {
namespace {

using base::Duration;
using testing_support::kFrameTicks90k;
using testing_support::kFrameTime;
using testing_support::LayeredEncoding;
using testing_support::LayeredPacket;
using testing_support::LayeredReceiver;
using testing_support::LeftPacket;

// Three encodings of one camera and one subscriber.
class LayerSwitch : public testing::Test {
 protected:
  // Sends the next captured picture in every encoding, lowest first; `keys`: a bit per encoding.
  void frame(uint32_t keys = 0) {
    for (auto& encoding : encodings_) {
      const bool key = (keys >> index_of(encoding) & 1) != 0;
      receiver_.give_all(encoding.frame(number_, key));
    }
    pass();
  }
  void frames(int count) {
    for (int i = 0; i < count; ++i) frame();
  }
  // Time until the next picture.
  void pass() {
    ++number_;
    receiver_.now = receiver_.now + kFrameTime;
  }
  size_t index_of(const LayeredEncoding& encoding) const {
    return static_cast<size_t>(&encoding - encodings_.data());
  }
  void start_at(uint8_t encoding) {
    receiver_.set_encoding(encoding);
    frame(1u << encoding);
    ASSERT_EQ(current(), encoding);
  }
  uint8_t current() const { return receiver_.forwarder.flowing()->encoding; }
  auto wanted() { return receiver_.forwarder.key_frame_wanted(receiver_.now); }
  const LeftPacket& last() const { return receiver_.left.back(); }
  size_t left() const { return receiver_.left.size(); }

  LayeredReceiver receiver_;
  std::array<LayeredEncoding, 3> encodings_{LayeredEncoding(0, 100, 5000),
                                            LayeredEncoding(1, 40000, 900000),
                                            LayeredEncoding(2, 65000, 4000000000)};
  int64_t number_ = 0;
};

// [SEL-9] On the way down the encoding above the target flows on: without its packets the picture
// would stand still until the key frame of the other.
TEST_F(LayerSwitch, TakesWhatFlowsAndWhatMayBegin) {
  const auto taken = [this] { return receiver_.forwarder.useful_encodings(); };
  receiver_.set_encoding(1);
  EXPECT_EQ(taken() & 0b111, 0b011);
  start_at(2);
  EXPECT_EQ(taken() & 0b111, 0b100);
  receiver_.set_encoding(0);
  EXPECT_EQ(taken() & 0b111, 0b101);
  frame(1u << 0);
  EXPECT_EQ(taken() & 0b111, 0b001);
  receiver_.forwarder.set_active(false);
  EXPECT_EQ(taken(), 0);
}

// [SEL-1] R3.1: the old encoding flows until the first packet of a key frame of the other.
TEST_F(LayerSwitch, GoesOverAtAKeyFrameOnly) {
  start_at(0);
  receiver_.set_encoding(2);
  EXPECT_EQ(wanted(), 2);
  frames(10);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(left(), 22u);
  frame(1u << 2);
  EXPECT_EQ(current(), 2);
  EXPECT_FALSE(wanted().has_value());
  frames(5);
  EXPECT_EQ(receiver_.gaps(), 0u);
  EXPECT_EQ(last().encoding, 2);
  receiver_.set_encoding(0);
  EXPECT_EQ(wanted(), 0);
  frame(1);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(receiver_.gaps(), 0u);
}

// [SEL-5] R3.6
TEST_F(LayerSwitch, TakesAnEncodingInBetweenWhenItComesFirst) {
  start_at(0);
  receiver_.set_encoding(2);
  frame(1u << 1);
  EXPECT_EQ(current(), 1);
  EXPECT_EQ(wanted(), 2);
  frame(1u << 2);
  EXPECT_EQ(current(), 2);
  frame(1u << 1);
  EXPECT_EQ(current(), 2);
}

// [SEL-6] R3.7
TEST_F(LayerSwitch, StartsWithWhatDeliversFirst) {
  receiver_.set_encoding(1);
  EXPECT_EQ(wanted(), 1);
  frame(1u << 2);
  EXPECT_EQ(left(), 0u);
  frame(1);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(wanted(), 1);
}

// [SEL-7] R3.4
TEST_F(LayerSwitch, GivesUpOnAKeyFrameThatNeverComesAndTriesAgain) {
  start_at(0);
  receiver_.set_encoding(1);
  frames(70);
  EXPECT_EQ(wanted(), 1);
  frames(10);
  EXPECT_FALSE(wanted().has_value());
  frames(100);
  EXPECT_FALSE(wanted().has_value());
  frames(30);
  EXPECT_EQ(wanted(), 1);
}

// [TMP-4] R3.5
TEST_F(LayerSwitch, OnTheWayDownTheBaseLayerAloneStays) {
  encodings_[2] = LayeredEncoding(2, 65000, 4000000000, true);
  start_at(2);
  frames(8);
  receiver_.set_encoding(0);
  const size_t before = left();
  frames(8);
  EXPECT_EQ(left(), before + 4);
  for (size_t i = before; i < left(); ++i) EXPECT_EQ(receiver_.left[i].temporal_id, 0);
  EXPECT_EQ(receiver_.gaps(), 0u);
}

// [E1]
TEST_F(LayerSwitch, E1WrapsInAndOutAtDifferentTimes) {
  for (const int64_t start : {65533, 65534, 65535, 65536}) {
    LayeredEncoding low(0, 10, 0);
    LayeredEncoding high(1, start, 0);
    LayeredReceiver fresh(initial_state(65530));
    fresh.set_encoding(0);
    for (int64_t i = 0; i < 6; ++i) {
      if (i == 2) fresh.set_encoding(1);
      fresh.give_all(low.frame(i, i == 0));
      fresh.give_all(high.frame(i, i == 2));
      fresh.now = fresh.now + kFrameTime;
    }
    EXPECT_EQ(fresh.gaps(), 0u);
    EXPECT_EQ(fresh.left.front().sequence, 65530);
    EXPECT_EQ(fresh.left.back().encoding, 1);
  }
}

// [E2]
TEST_F(LayerSwitch, E2AnOldEncodingsLatePacketIsDropped) {
  start_at(0);
  const auto late = encodings_[0].frame(number_, false);
  receiver_.give(late[1]);
  receiver_.set_encoding(1);
  receiver_.give_all(encodings_[1].frame(number_, true));
  const size_t before = left();
  EXPECT_NE(receiver_.give(late[0]), Verdict::kSend);
  pass();
  receiver_.give_all(encodings_[1].frame(number_, false));
  EXPECT_EQ(left(), before + 2);
  EXPECT_EQ(last().sequence, static_cast<uint16_t>(receiver_.left[before - 1].sequence + 2));
}

// [E3]
TEST_F(LayerSwitch, E3OlderThanTheKeyFrameIsDropped) {
  start_at(0);
  const auto older = encodings_[1].frame(number_, false);
  pass();
  receiver_.set_encoding(1);
  receiver_.give_all(encodings_[1].frame(number_, true));
  ASSERT_EQ(current(), 1);
  EXPECT_EQ(receiver_.give(older[0]), Verdict::kTooLate);
  EXPECT_EQ(receiver_.give(older[1]), Verdict::kTooLate);
  EXPECT_EQ(receiver_.gaps(), 0u);
}

// [E4]
TEST_F(LayerSwitch, E4TheSecondPacketOfAKeyFrameIsNoStart) {
  start_at(0);
  receiver_.set_encoding(1);
  const auto key = encodings_[1].frame(number_, true);
  EXPECT_NE(receiver_.give(key[1]), Verdict::kSend);
  EXPECT_NE(receiver_.give(key[0]), Verdict::kSend);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(wanted(), 1);
}

// [E5]
TEST_F(LayerSwitch, E5PaddingClosesUpOnlyWhenContiguous) {
  start_at(0);
  auto& low = encodings_[0];
  const auto split = low.frame(number_, false);
  receiver_.give(split[0]);
  LayeredPacket inside = low.padding();  // after the frame's last number
  receiver_.give(split[1]);
  EXPECT_EQ(receiver_.give(inside), Verdict::kSkipped);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(receiver_.give(low.padding()), Verdict::kSkipped);
  pass();
  receiver_.give_all(low.frame(number_, false));
  EXPECT_EQ(receiver_.gaps(), 0u);
  low.padding();  // lost: whatever it was, its place stays open
  EXPECT_EQ(receiver_.give(low.padding()), Verdict::kSkipped);
  pass();
  receiver_.give_all(low.frame(number_, false));
  EXPECT_EQ(receiver_.gaps(), 1u);
}

// [E6]
TEST_F(LayerSwitch, E6ARepairOfADroppedTemporalFrameIsDropped) {
  encodings_[0] = LayeredEncoding(0, 100, 5000, true);
  start_at(0);
  receiver_.set_encoding(0, 0);
  const auto dropped = encodings_[0].frame(number_, false);
  EXPECT_EQ(receiver_.give(dropped[0]), Verdict::kSkipped);
  pass();
  frames(6);
  const size_t before = left();
  EXPECT_NE(receiver_.give(dropped[0]), Verdict::kSend);
  EXPECT_NE(receiver_.give(dropped[1]), Verdict::kSend);
  EXPECT_EQ(left(), before);
}

// [E7]
TEST_F(LayerSwitch, E7ARepairFromBeforeTheSwitchIsDropped) {
  start_at(0);
  const auto lost = encodings_[0].frame(number_, false);
  pass();
  frames(2);
  receiver_.set_encoding(1);
  frame(2);
  ASSERT_EQ(current(), 1);
  EXPECT_NE(receiver_.give(lost[0]), Verdict::kSend);
  receiver_.set_encoding(0);
  frame(1);
  ASSERT_EQ(current(), 0);
  EXPECT_EQ(receiver_.give(lost[0]), Verdict::kTooLate);
}

// [E10]
TEST_F(LayerSwitch, E10ACutFrameLeavesOneNumber) {
  start_at(0);
  receiver_.give(encodings_[0].frame(number_, false)[0]);  // its marker is lost
  receiver_.set_encoding(1);
  pass();
  const uint16_t before = last().sequence;
  receiver_.give_all(encodings_[1].frame(number_, true));
  EXPECT_EQ(receiver_.left[left() - 2].sequence, static_cast<uint16_t>(before + 2));
  EXPECT_TRUE(receiver_.left[left() - 2].key);
}

// [E11]
TEST_F(LayerSwitch, E11AWishTakenBackChangesNothing) {
  start_at(0);
  receiver_.set_encoding(2);
  frames(2);
  receiver_.set_encoding(0);
  EXPECT_FALSE(wanted().has_value());
  frame(1u << 2);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(receiver_.gaps(), 0u);
}

// [E12]
TEST_F(LayerSwitch, E12APausedSubscriberGetsNothing) {
  start_at(0);
  receiver_.set_encoding(2);
  receiver_.forwarder.set_active(false);
  const size_t before = left();
  frame(1u << 2);
  EXPECT_EQ(left(), before);
  EXPECT_FALSE(wanted().has_value());
}

// [E13]
TEST_F(LayerSwitch, E13AnEncodingThatDiesWhileWaitedForIsForgotten) {
  start_at(1);
  receiver_.set_encoding(2);
  EXPECT_EQ(wanted(), 2);
  receiver_.forwarder.set_usable(3, receiver_.now);
  EXPECT_FALSE(wanted().has_value());
  frames(3);
  EXPECT_EQ(current(), 1);
}

// [SEL-8] R3.35
TEST_F(LayerSwitch, WhatDiedIsLeftForTheBestThatLives) {
  start_at(2);
  receiver_.forwarder.set_usable(3, receiver_.now);
  EXPECT_EQ(wanted(), 1);
  frame(1);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(wanted(), 1);
  frame(2);
  EXPECT_EQ(current(), 1);
}

// [E14]
TEST_F(LayerSwitch, E14ARestartedPublisherBeginsAtAKeyFrame) {
  start_at(0);
  frames(3);
  const LeftPacket before = last();
  encodings_[0].restart(31000, 77);
  EXPECT_EQ(receiver_.give(encodings_[0].frame(number_, false)[0]), Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(wanted(), 0);
  pass();
  receiver_.give_all(encodings_[0].frame(number_, true));
  EXPECT_EQ(receiver_.left[left() - 2].sequence, static_cast<uint16_t>(before.sequence + 1));
  const auto step = static_cast<int32_t>(last().timestamp - before.timestamp);
  EXPECT_GE(step, kFrameTicks90k);
  EXPECT_LE(step, 3 * kFrameTicks90k);
}

// [E16]
TEST_F(LayerSwitch, E16OfTwoKeyFramesAtOnceTheHigherRemains) {
  start_at(0);
  receiver_.set_encoding(2);
  frame(1u << 1 | 1u << 2);
  EXPECT_EQ(current(), 2);
  EXPECT_EQ(receiver_.gaps(), 0u);
  start_at(0);
  receiver_.set_encoding(2);
  receiver_.give_all(encodings_[2].frame(number_, true));
  receiver_.give_all(encodings_[1].frame(number_, true));
  EXPECT_EQ(current(), 2);
}

// [E17]
TEST_F(LayerSwitch, E17WithoutAReportOfTheTargetArrivalTimeServes) {
  start_at(0);
  frames(5);
  receiver_.set_encoding(1);
  const LeftPacket before = last();
  // 1.5 s are granted for a report to come.
  receiver_.reports = false;
  EXPECT_NE(receiver_.give(encodings_[1].frame(number_, true)[0]), Verdict::kSend);
  receiver_.reports = true;
  for (int i = 0; i < 40; ++i) {
    pass();
    receiver_.give_all(encodings_[0].frame(number_, false));
  }
  receiver_.reports = false;
  pass();
  receiver_.give_all(encodings_[1].frame(number_, true));
  ASSERT_EQ(current(), 1);
  const auto step = static_cast<int32_t>(last().timestamp - before.timestamp);
  EXPECT_NEAR(step, 42 * kFrameTicks90k, 40 * 90);
}

// [E18]
TEST_F(LayerSwitch, E18AClockThatGoesBackAnHourIsAnotherStream) {
  start_at(0);
  frames(3);
  const LeftPacket before = last();
  encodings_[0].jump_clock(-int64_t{3600} * 90000);
  EXPECT_EQ(receiver_.give(encodings_[0].frame(number_, false)[0]), Verdict::kWaitingForKeyFrame);
  pass();
  receiver_.give_all(encodings_[0].frame(number_, true));
  const auto step = static_cast<int32_t>(last().timestamp - before.timestamp);
  EXPECT_GT(step, 0);
  EXPECT_LE(step, 3 * kFrameTicks90k);
  pass();
  encodings_[0].jump_clock(int64_t{3600} * 90000);
  EXPECT_EQ(receiver_.give(encodings_[0].frame(number_, false)[0]), Verdict::kWaitingForKeyFrame);
}

// [E19]
TEST_F(LayerSwitch, E19AfterAMuteTimeHasPassed) {
  start_at(0);
  frames(3);
  const LeftPacket before = last();
  receiver_.forwarder.set_active(false);
  for (int i = 0; i < 100; ++i) pass();
  receiver_.forwarder.set_active(true);
  frame();
  EXPECT_EQ(last().frame, before.frame);
  frame(1);
  EXPECT_TRUE(receiver_.left[left() - 2].key);
  EXPECT_EQ(receiver_.left[left() - 2].sequence, static_cast<uint16_t>(before.sequence + 1));
  EXPECT_EQ(static_cast<int32_t>(last().timestamp - before.timestamp), 102 * kFrameTicks90k);
}

// [TS-5] R3.14
TEST_F(LayerSwitch, AKeyFrameThatShowsThePastIsRefusedOnce) {
  start_at(0);
  frames(10);
  receiver_.set_encoding(1);
  auto& high = encodings_[1];
  receiver_.give_all(high.frame(number_ - 4, true));
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(wanted(), 1);
  receiver_.give_all(high.frame(number_ - 4, true));
  EXPECT_EQ(current(), 1);
  EXPECT_GT(static_cast<int32_t>(last().timestamp - receiver_.left[left() - 3].timestamp), 0);
}

// Judges what left: frames whole and in order of (epoch, number), one continuous numbering, time
// that goes on, pictures numbered without a gap.
void expect_seamless(const std::vector<LeftPacket>& left, bool lossless) {
  base::SequenceUnwrapper sequences;
  base::TimestampUnwrapper timestamps;
  int64_t last_timestamp = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    const LeftPacket& packet = left[i];
    const int64_t before = sequences.last();
    const int64_t sequence = sequences.unwrap(packet.sequence);
    const int64_t timestamp = timestamps.unwrap(packet.timestamp);
    if (i > 0) {
      const bool switched = left[i - 1].encoding != packet.encoding;
      ASSERT_GT(sequence, before) << i;
      if (lossless) ASSERT_EQ(sequence, before + 1) << i;
      if (switched) ASSERT_TRUE(packet.key) << i;
      const bool next = switched || left[i - 1].frame != packet.frame;
      ASSERT_TRUE(next ? timestamp > last_timestamp : timestamp == last_timestamp) << i;
      const auto pictures =
          static_cast<uint16_t>((packet.picture_id - left[i - 1].picture_id) & 0x7fff);
      if (lossless) ASSERT_EQ(pictures, next ? 1 : 0) << i;
    }
    last_timestamp = timestamp;
  }
}

// 200 changes among three encodings with temporal layers; a key frame 60 ms after it is wanted.
// Returns the longest time from a wish to the first packet of its encoding.
Duration change_often(LayeredReceiver& receiver, uint64_t seed, uint64_t loss_percent,
                      bool with_reports) {
  testing_support::SeededRandom random(seed);
  std::array encodings{LayeredEncoding(0, 65000, 5000, true, 1),
                       LayeredEncoding(1, 200, 4294000000, true, 2),
                       LayeredEncoding(2, 33000, 7, true, 5)};
  receiver.reports = with_reports;
  receiver.set_encoding(0);
  Duration longest;
  std::map<uint8_t, int64_t> asked;  // when each encoding will have its key frame
  int64_t wished_at = 0;
  uint8_t target = 0;
  for (int64_t number = 0; number < 200 * 12; ++number) {
    if (number % 12 == 11) {
      target = static_cast<uint8_t>(random.below(3));
      receiver.set_encoding(target, static_cast<uint8_t>(random.below(3)));
      wished_at = number;
    }
    for (auto& encoding : encodings) {
      const auto index = static_cast<uint8_t>(&encoding - encodings.data());
      const bool key = asked.contains(index) && asked[index] <= number;
      if (key) asked.erase(index);
      for (const LayeredPacket& packet : encoding.frame(number, key)) {
        if (!random.chance(loss_percent)) receiver.give(packet);
        const auto flowing = receiver.forwarder.flowing();
        if (flowing && flowing->encoding == target && wished_at > 0) {
          longest = std::max(longest, kFrameTime * (number - wished_at));
          wished_at = 0;
        }
      }
    }
    if (const auto wanted = receiver.forwarder.key_frame_wanted(receiver.now)) {
      asked.emplace(*wanted, number + 2);
    }
    receiver.now = receiver.now + kFrameTime;
  }
  return longest;
}

// [T3.1] [T3.2]
TEST(LayerSwitches, TwoHundredChangesAreSeamless) {
  LayeredReceiver receiver;
  const Duration longest = change_often(receiver, 1, 0, true);
  expect_seamless(receiver.left, true);
  EXPECT_LE(longest, Duration::millis(250)) << "T3.2";
  std::ostringstream got;
  got << "T3.1 threshold=0 gaps got=" << receiver.gaps()
      << "; T3.2 threshold=250 ms got=" << longest.to_ms() << " ms";
  testing::Test::RecordProperty("conformance", got.str());
}

// [T3.1]
TEST(LayerSwitches, WithLossOnlyDocumentedGaps) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    LayeredReceiver receiver;
    change_often(receiver, seed, 2, true);
    expect_seamless(receiver.left, false);
    EXPECT_GT(receiver.left.size(), 2000u);
  }
}

// A slow twin of what the subscriber must see: by (epoch, number) in order of first sending, never
// two payloads under one number, and without loss or filter no gap. Where there is loss, outages
// take the numbers around ten times. [SEQ-1] to [SEQ-5], T3.3
TEST(LayerSwitches, LossReorderingAndDuplicatesNeverReuseANumber) {
  int64_t least_wraps = std::numeric_limits<int64_t>::max();
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    std::array encodings{LayeredEncoding(0, 65000, 5000, true, 8),
                         LayeredEncoding(1, 200, 4294000000, true, 12),
                         LayeredEncoding(2, 33000, 7, true, 16)};
    LayeredReceiver receiver;
    receiver.set_encoding(0);
    const uint64_t loss = seed % 3 == 0 ? 0 : random.below(21);
    const size_t depth = seed % 3 == 0 ? 0 : random.below(50);
    std::vector<LayeredPacket> held;
    const bool lossless = loss == 0 && depth == 0;
    const int64_t frames = lossless ? 12'000 : 1'500;
    for (int64_t number = 0; number < frames; ++number) {
      if (!lossless && number % 6 == 5) {
        for (auto& encoding : encodings) encoding.lose(2900);
      }
      if (number % 40 == 20) {
        receiver.set_encoding(static_cast<uint8_t>(random.below(3)),
                              static_cast<uint8_t>(random.below(3)));
      }
      const auto wanted = receiver.forwarder.key_frame_wanted(receiver.now);
      for (auto& encoding : encodings) {
        const bool key = wanted == &encoding - encodings.data();
        for (const LayeredPacket& packet : encoding.frame(number, key)) {
          if (random.chance(loss)) continue;
          if (depth > 0 && random.chance(3)) {
            held.push_back(packet);
            continue;
          }
          receiver.give(packet);
          if (depth > 0 && random.chance(1)) receiver.give(packet);
          if (held.size() > depth) {
            receiver.give(held.front());
            held.erase(held.begin());
          }
        }
      }
      receiver.now = receiver.now + kFrameTime;
    }
    base::SequenceUnwrapper sequences;
    std::map<int64_t, std::vector<uint8_t>> seen;
    for (const LeftPacket& packet : receiver.left) {
      const int64_t sequence = sequences.unwrap(packet.sequence);
      const auto [place, first] = seen.emplace(sequence, packet.body);
      ASSERT_TRUE(first || place->second == packet.body) << sequence;
    }
    const int64_t span = seen.rbegin()->first - seen.begin()->first + 1;
    if (lossless) {
      ASSERT_EQ(static_cast<int64_t>(seen.size()), span);
      ASSERT_GT(seen.size(), 65536u) << "wraps";
    } else {
      least_wraps = std::min(least_wraps, span / 65536);
    }
  }
  EXPECT_GE(least_wraps, 10);
  std::ostringstream got;
  got << "T3.3 threshold=10 wraps got=" << least_wraps << " wraps, no number twice";
  testing::Test::RecordProperty("conformance", got.str());
}

// How far each picture that left is from where its capture time belongs, ticks; over all epochs.
int64_t worst_continuity_error(const std::vector<LeftPacket>& left) {
  base::TimestampUnwrapper timestamps;
  const int64_t origin =
      timestamps.unwrap(left.front().timestamp) - left.front().frame * kFrameTicks90k;
  int64_t worst = 0;
  for (const LeftPacket& packet : left) {
    const int64_t at = timestamps.unwrap(packet.timestamp);
    worst = std::max(worst, std::abs(at - origin - packet.frame * kFrameTicks90k));
  }
  return worst;
}

// [T3.4]
TEST(LayerSwitches, TimeStaysThatOfTheCapture) {
  LayeredReceiver receiver;
  change_often(receiver, 7, 0, true);
  const int64_t with_reports = worst_continuity_error(receiver.left);
  EXPECT_LE(with_reports, 5 * 90);
  LayeredReceiver other;
  change_often(other, 7, 0, false);
  const int64_t without = worst_continuity_error(other.left);
  EXPECT_LE(without, 40 * 90);
  std::ostringstream got;
  got << "T3.4 threshold=5 ms with reports, 40 ms without got="
      << static_cast<double>(with_reports) / 90 << " ms, " << static_cast<double>(without) / 90
      << " ms";
  testing::Test::RecordProperty("conformance", got.str());
}

}  // namespace
}  // namespace forward
