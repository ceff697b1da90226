#include "pacing/send_history.h"

#include <gtest/gtest.h>

#include <map>

#include "testing/seeded_random.h"

namespace pacing {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{1000000};

// [SENT-2] [SENT-3]
TEST(SendHistory, FindsByWireNumberThroughTheWrap) {
  SendHistory history;
  for (int64_t i = 0; i < 70000; ++i) {
    history.add({.sequence = i, .sent_at = kStart, .size = 10});
    ASSERT_EQ(history.find(history.number_of(static_cast<uint16_t>(i)))->sequence, i);
  }
  EXPECT_EQ(history.size(), kMaxSentPackets);
  EXPECT_EQ(history.bytes_in_flight(), static_cast<int64_t>(kMaxSentPackets) * 10);
  EXPECT_EQ(history.find(history.number_of(static_cast<uint16_t>(70000))), nullptr);
  EXPECT_EQ(history.find(history.number_of(static_cast<uint16_t>(69999 - kMaxSentPackets))),
            nullptr);
  history.erase(69999);
  EXPECT_EQ(history.find(history.number_of(static_cast<uint16_t>(69999))), nullptr);
  history.erase(69999);
  EXPECT_EQ(history.bytes_in_flight(), static_cast<int64_t>(kMaxSentPackets - 1) * 10);
}

// [SENT-1]
TEST(SendHistory, ForgetsAfterAMinute) {
  SendHistory history;
  for (int64_t i = 0; i < 100; ++i) {
    history.add({.sequence = i, .sent_at = kStart + Duration::seconds(i), .size = 1});
  }
  history.expire(kStart + Duration::seconds(99));
  EXPECT_EQ(history.size(), 61u);
  history.expire(kStart + Duration::seconds(1000));
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(history.bytes_in_flight(), 0);
  history.add({.sequence = 5000, .sent_at = kStart, .size = 1});
  EXPECT_NE(history.find(5000), nullptr);
}

// The slow twin: a map by number.
TEST(SendHistory, AgreesWithAMap) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    SendHistory history;
    std::map<int64_t, SentPacket> sent;
    int64_t next = static_cast<int64_t>(random.below(100000));
    for (int i = 0; i < 20000; ++i) {
      next += 1 + (random.chance(1) ? static_cast<int64_t>(random.below(500)) : 0);
      const SentPacket packet{.sequence = next,
                              .sent_at = kStart + Duration::millis(5) * i,
                              .size = static_cast<uint16_t>(random.below(1400))};
      history.add(packet);
      history.expire(packet.sent_at);
      sent[next] = packet;
      sent.erase(sent.begin(), sent.upper_bound(next - static_cast<int64_t>(kMaxSentPackets)));
      while (packet.sent_at - sent.begin()->second.sent_at > kMaxSentAge) sent.erase(sent.begin());
      const int64_t wanted = next - static_cast<int64_t>(random.below(20000));
      const SentPacket* found = history.find(history.number_of(static_cast<uint16_t>(wanted)));
      ASSERT_EQ(found != nullptr, sent.contains(wanted)) << i;
      if (found != nullptr && random.chance(50)) {
        history.erase(wanted);
        sent.erase(wanted);
      }
      ASSERT_EQ(history.size(), sent.size()) << i;
    }
    int64_t bytes = 0;
    for (const auto& [number, packet] : sent) bytes += packet.size;
    EXPECT_EQ(history.bytes_in_flight(), bytes);
  }
}

}  // namespace
}  // namespace pacing
