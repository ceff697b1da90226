#include "pacing/feedback_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "pacing/sent_bins.h"
#include "testing/seeded_random.h"

namespace pacing {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{1'000'000'000};

// One message about `statuses` (number → arrival in the receiver's time, negative = lost).
struct Message {
  int64_t first = 0;
  std::vector<wire::PacketArrival> arrivals;
};

class Link {
 public:
  explicit Link(int64_t receiver_offset_us = 77'000'000) : receiver_offset_(receiver_offset_us) {}

  int64_t send(Instant now, uint16_t size = 1000) {
    history.add({.sequence = next_, .sent_at = now, .size = size});
    return next_++;
  }
  // Encodes as the receiver would and joins what comes out.
  FeedbackBatch deliver(const Message& message, Instant now) {
    std::array<uint8_t, 1200> bytes;
    size_t taken = 0;
    wire::TransportCc feedback{.sender_ssrc = 1, .media_ssrc = 2};
    feedback.feedback_count = count_++;
    const size_t size =
        wire::write_transport_cc(feedback, message.first, message.arrivals, bytes, taken);
    EXPECT_EQ(taken, message.arrivals.size());
    return deliver_bytes(std::span(bytes).first(size), now);
  }
  FeedbackBatch deliver_bytes(std::span<const uint8_t> bytes, Instant now) {
    wire::RtcpReader reader(bytes);
    wire::RtcpBlock block;
    EXPECT_TRUE(reader.next(block));
    wire::TransportCc feedback;
    wire::TransportCcReader packets;
    EXPECT_EQ(wire::parse_transport_cc(block, feedback, packets), wire::ParseError::kNone);
    FeedbackBatch batch;
    join.join(feedback, packets, now, history, batch);
    return batch;
  }
  int64_t arrival_us(Instant at) const { return at.us + receiver_offset_; }

  SendHistory history;
  FeedbackJoin join;

 private:
  int64_t receiver_offset_;
  int64_t next_ = 0;
  uint8_t count_ = 0;
};

std::vector<int64_t> numbers(const FeedbackBatch& batch) {
  std::vector<int64_t> list;
  for (const double number : batch.sequences) list.push_back(static_cast<int64_t>(number));
  return list;
}

// [JOIN-1] [JOIN-3]
TEST(FeedbackJoin, GivesWhatWasSentAndWhetherItArrived) {
  Link link;
  for (int i = 0; i < 5; ++i) link.send(kStart + Duration::millis(10) * i);
  const Message message{0,
                        {{0, link.arrival_us(kStart)},
                         {1, link.arrival_us(kStart + Duration::millis(10))},
                         {3, link.arrival_us(kStart + Duration::millis(31))}}};
  const FeedbackBatch batch = link.deliver(message, kStart + Duration::millis(100));
  EXPECT_EQ(numbers(batch), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(batch.feedback_at, kStart + Duration::millis(100));
  EXPECT_EQ(batch.sent_us[3], static_cast<double>((kStart + Duration::millis(30)).us));
  EXPECT_NEAR(batch.received_us[3] - batch.received_us[0], 31000, 250);
  EXPECT_TRUE(std::isnan(batch.received_us[2]));
  EXPECT_EQ(batch.data_in_flight, 1000);  // number 4
}

// [JOIN-3]
TEST(FeedbackJoin, ReportsALossOnceAndItsRecoveryOnce) {
  Link link;
  for (int i = 0; i < 4; ++i) link.send(kStart);
  const int64_t at = link.arrival_us(kStart);
  const Message lossy{0, {{0, at}, {3, at}}};
  EXPECT_EQ(numbers(link.deliver(lossy, kStart)), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_TRUE(link.deliver(lossy, kStart).empty());
  const FeedbackBatch late = link.deliver({1, {{1, at}}}, kStart);
  EXPECT_EQ(numbers(late), (std::vector<int64_t>{1}));
  EXPECT_EQ(late.flags[0], kRecoveredFlag);
  EXPECT_FALSE(std::isnan(late.received_us[0]));
  EXPECT_TRUE(link.deliver({1, {{1, at}}}, kStart).empty());
}

// [JOIN-6] Each once, and only answers to NACKs.
TEST(FeedbackJoin, NamesTheAnswersThatWereLost) {
  Link link;
  link.send(kStart);
  link.history.add({.sequence = 1, .media_sequence = 77, .rtx_ssrc = 6, .resends = 2});
  link.history.add({.sequence = 2, .media_sequence = 78, .rtx_ssrc = 6, .resends = 1});
  link.history.add({.sequence = 3});
  const int64_t at = link.arrival_us(kStart);
  link.deliver({0, {{2, at}}}, kStart);
  ASSERT_EQ(link.join.lost_resends().size(), 1u);
  EXPECT_EQ(link.join.lost_resends()[0].media_sequence, 77);
  EXPECT_EQ(link.join.lost_resends()[0].rtx_ssrc, 6u);
  EXPECT_EQ(link.join.lost_resends()[0].resends, 2);
  link.deliver({0, {{3, at}}}, kStart);
  EXPECT_TRUE(link.join.lost_resends().empty());
}

// [JOIN-2] [T1.31] A message that comes twice finds nothing the second time.
TEST(FeedbackJoin, IgnoresADuplicate) {
  Link link;
  for (int i = 0; i < 10; ++i) link.send(kStart);
  Message message{0, {}};
  for (int i = 0; i < 10; ++i) message.arrivals.push_back({i, link.arrival_us(kStart)});
  EXPECT_EQ(link.deliver(message, kStart).sequences.size(), 10u);
  EXPECT_EQ(link.join.history_misses(), 0u);
  EXPECT_TRUE(link.deliver(message, kStart).empty());
  EXPECT_EQ(link.join.history_misses(), 10u);
  EXPECT_EQ(link.history.bytes_in_flight(), 0);
}

// [JOIN-2]
TEST(FeedbackJoin, IgnoresWhatWasNotSentYet) {
  Link link;
  for (int i = 0; i < 3; ++i) link.send(kStart);
  const int64_t at = link.arrival_us(kStart);
  const FeedbackBatch batch = link.deliver({1, {{1, at}, {2, at}, {3, at}, {9, at}}}, kStart);
  EXPECT_EQ(numbers(batch), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(link.send(kStart), 3);
  EXPECT_EQ(link.history.bytes_in_flight(), 1000);
}

// [JOIN-5]
TEST(FeedbackJoin, LostFeedbackIsNoLossOfPackets) {
  Link link;
  for (int i = 0; i < 30; ++i) link.send(kStart);
  const int64_t at = link.arrival_us(kStart);
  link.deliver({0, {{0, at}}}, kStart);
  const FeedbackBatch batch = link.deliver({20, {{20, at}, {21, at}}}, kStart);
  EXPECT_EQ(numbers(batch), (std::vector<int64_t>{20, 21}));
  EXPECT_EQ(link.history.size(), 27u);
  EXPECT_EQ(link.history.bytes_in_flight(), 8000);
}

// [JOIN-4] [T1.5]
TEST(FeedbackJoin, ReceiveTimesContinueWhenTheReferenceTimeWraps) {
  // The reference time is the receiver's clock in units of 64 ms, modulo 2^24.
  constexpr int64_t kWrapUs = (int64_t{1} << 24) * wire::kTransportCcReferenceUs;
  Link link(kWrapUs - kStart.us - 1'000'000);
  std::vector<double> received;
  for (int i = 0; i < 200; ++i) {
    const Instant now = kStart + Duration::millis(10) * i;
    const int64_t number = link.send(now);
    const auto batch = link.deliver({number, {{number, link.arrival_us(now)}}}, now);
    received.push_back(batch.received_us.at(0));
  }
  for (size_t i = 1; i < received.size(); ++i) {
    ASSERT_NEAR(received[i] - received[i - 1], 10000, 250) << i;
  }
}

// [JOIN-4] A message that overtook another moves the clock back and forth by the difference.
TEST(FeedbackJoin, KeepsOneClockAcrossReorderedMessages) {
  Link link;
  std::vector<Message> messages;
  for (int i = 0; i < 12; ++i) {
    const Instant now = kStart + Duration::millis(100) * i;
    messages.push_back({link.send(now), {{i, link.arrival_us(now)}}});
  }
  std::swap(messages[4], messages[6]);
  std::map<int64_t, double> received;
  for (const Message& message : messages) {
    const FeedbackBatch batch = link.deliver(message, kStart + Duration::seconds(2));
    received[message.first] = batch.received_us.at(0);
  }
  for (int i = 1; i < 12; ++i) ASSERT_NEAR(received[i] - received[i - 1], 100000, 250) << i;
}

// [T1.4] Numbers wrap, 1 % of packets are reordered, messages are shuffled by up to three places
// and a fifth of them is lost.
TEST(FeedbackJoin, ReportsEveryPacketOnceThroughWrapReorderingAndLoss) {
  constexpr int64_t kPackets = 70000;
  testing_support::SeededRandom random(4);
  Link link;
  std::set<int64_t> reported;
  std::map<int64_t, int> received;
  size_t largest_history = 0;
  std::deque<Message> waiting;
  Instant now = kStart;
  const auto deliver_one = [&](size_t at) {
    for (const auto& arrival : waiting[at].arrivals) reported.insert(arrival.sequence);
    const FeedbackBatch batch = link.deliver(waiting[at], now);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(at));
    for (size_t i = 0; i < batch.sequences.size(); ++i) {
      if (!std::isnan(batch.received_us[i])) ++received[static_cast<int64_t>(batch.sequences[i])];
    }
  };
  std::vector<wire::PacketArrival> arrivals;
  for (int64_t i = 0; i < kPackets; ++i) {
    now = now + Duration::millis(1);
    const int64_t number = link.send(now);
    const int64_t late = random.chance(1) ? 7000 : 0;
    arrivals.push_back({number, link.arrival_us(now) + 20000 + late});
    if (arrivals.size() < 50) continue;
    if (!random.chance(20)) waiting.push_back({arrivals.front().sequence, arrivals});
    arrivals.clear();
    while (waiting.size() > 3) deliver_one(random.below(4));
    link.history.expire(now);
    largest_history = std::max(largest_history, link.history.size());
  }
  while (!waiting.empty()) deliver_one(0);
  EXPECT_EQ(received.size(), reported.size());
  for (const auto& [number, times] : received) ASSERT_EQ(times, 1) << number;
  EXPECT_LE(largest_history, kMaxSentPackets);
  link.history.acknowledge_up_to(kPackets);
  EXPECT_EQ(link.history.bytes_in_flight(), 0);
  link.history.expire(now + kMaxSentAge + Duration::millis(1));
  EXPECT_EQ(link.history.size(), 0u);
}

// [SENT-4]
TEST(SentBins, SumUpByFiveMilliseconds) {
  SentBins bins;
  bins.add(Instant{10'001}, 100);
  bins.add(Instant{14'999}, 50);
  bins.add(Instant{15'000}, 7);
  FeedbackBatch batch;
  bins.take(batch);
  EXPECT_EQ(batch.sent_bin_us, (std::vector<double>{10'000, 15'000}));
  EXPECT_EQ(batch.sent_bin_bytes, (std::vector<uint32_t>{150, 7}));
  batch.clear();
  bins.take(batch);
  EXPECT_TRUE(batch.sent_bin_us.empty());
}

// [SENT-4]
TEST(SentBins, StayBoundedWhileNobodyAsks) {
  SentBins bins;
  for (int64_t i = 0; i < 10'000; ++i) bins.add(Instant{i * kSentBin.us}, 1);
  FeedbackBatch batch;
  bins.take(batch);
  EXPECT_LE(batch.sent_bin_us.size(), kMaxSentBins);
  EXPECT_EQ(batch.sent_bin_us.back(), 9999.0 * static_cast<double>(kSentBin.us));
}

}  // namespace
}  // namespace pacing
