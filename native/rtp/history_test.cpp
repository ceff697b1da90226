#include "rtp/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "testing/seeded_random.h"

namespace rtp {
namespace {

using base::Duration;
using base::Instant;
using Lookup = History::Lookup;

constexpr Duration kRtt = Duration::millis(50);
constexpr Instant kStart{1000000};

wire::OutPacket packet_of(base::PacketPool& pool, int64_t number) {
  wire::OutPacket packet;
  packet.source = pool.acquire();
  packet.header.sequence = static_cast<uint16_t>(number);
  packet.header.timestamp = static_cast<uint32_t>(number);
  return packet;
}

Lookup ask(History& history, int64_t number, Instant now) {
  return history.take_for_resend(static_cast<uint16_t>(number), kRtt, now).result;
}

// [HIST-1]
TEST(History, GivesBackWhatWasSentFromManyStarts) {
  for (const int64_t start : {0, 1, 32767, 32768, 65000, 65535}) {
    base::PacketPool pool(0, 4096);
    History history;
    for (int64_t i = 0; i < 1000; ++i) history.add(packet_of(pool, start + i), kStart);
    for (int64_t i = 0; i < 1000; ++i) {
      const History::Found found =
          history.take_for_resend(static_cast<uint16_t>(start + i), kRtt, kStart);
      ASSERT_EQ(found.result, Lookup::kFound);
      ASSERT_EQ(found.packet.header.timestamp, start + i);
    }
    EXPECT_EQ(ask(history, start - 1, kStart), Lookup::kUnknown);
    EXPECT_EQ(ask(history, start + 1000, kStart), Lookup::kUnknown);
  }
}

// [HIST-1] Whatever a packet has besides: descriptors, many extensions, long prefixes; and across
// growth.
TEST(History, GivesBackEverythingOfAPacket) {
  base::PacketPool pool(0, 2048);
  History history;
  const auto packet_with = [&](int64_t number) {
    wire::OutPacket packet = packet_of(pool, number);
    packet.header.ssrc = 5;
    packet.header.payload_type = 96;
    packet.header.marker = number % 2 == 0;
    packet.rtx_payload_type = 97;
    packet.payload_offset = 12;
    packet.payload_size = static_cast<uint16_t>(100 + number % 7);
    packet.ids = {1, 2, 3};
    packet.mid = wire::Mid("m");
    packet.prefix_size = static_cast<uint8_t>(number % 15);
    for (uint8_t i = 0; i < packet.prefix_size; ++i) {
      packet.prefix_bytes[i] = static_cast<uint8_t>(number + i);
    }
    packet.passed_count = static_cast<uint8_t>(number % 7);
    for (uint8_t i = 0; i < packet.passed_count; ++i) packet.passed[i] = {i, 1, 40};
    if (number % 5 == 0) packet.dependency = {4, 3, 20, {.frame_number = 9}};
    return packet;
  };
  for (int64_t i = 1; i <= 500; ++i) history.add(packet_with(i), kStart);
  for (int64_t i = 1; i <= 500; ++i) {
    const wire::OutPacket expected = packet_with(i);
    const History::Found found = history.take_for_resend(static_cast<uint16_t>(i), kRtt, kStart);
    ASSERT_EQ(found.result, Lookup::kFound);
    const wire::OutPacket& got = found.packet;
    EXPECT_EQ(got.header.ssrc, 5u);
    EXPECT_EQ(got.header.sequence, i);
    EXPECT_EQ(got.header.payload_type, 96);
    EXPECT_EQ(got.header.marker, expected.header.marker);
    EXPECT_EQ(got.rtx_payload_type, 97);
    EXPECT_EQ(got.payload_offset, 12);
    EXPECT_EQ(got.payload_size, expected.payload_size);
    EXPECT_EQ(got.ids.mid, 1);
    EXPECT_EQ(got.mid.text(), "m");
    EXPECT_TRUE(std::ranges::equal(got.prefix(), expected.prefix()));
    ASSERT_EQ(got.passed_count, expected.passed_count);
    for (size_t at = 0; at < got.passed_count; ++at) {
      EXPECT_EQ(got.passed[at].id, expected.passed[at].id);
      EXPECT_EQ(got.passed[at].offset, 40);
    }
    EXPECT_EQ(got.dependency.id, expected.dependency.id);
    EXPECT_EQ(got.dependency.rewrite.frame_number, expected.dependency.rewrite.frame_number);
    EXPECT_EQ(got.resends, 1);
  }
}

// [HIST-2]
TEST(History, ForgetsByCountAndReleasesBuffers) {
  base::PacketPool pool(0, kMaxHistoryPackets + 16);
  History history;
  for (int64_t i = 0; i < 10000; ++i) {
    history.add(packet_of(pool, i), kStart);
    ASSERT_LE(pool.blocks_in_use(), kMaxHistoryPackets);
  }
  EXPECT_EQ(history.size(), kMaxHistoryPackets);
  EXPECT_EQ(ask(history, 10000 - 2048, kStart), Lookup::kFound);
  EXPECT_EQ(ask(history, 10000 - 2049, kStart), Lookup::kUnknown);
  history.clear();
  EXPECT_EQ(pool.blocks_in_use(), 0u);
}

// [HIST-2]
TEST(History, ForgetsByAgeAndKeepsThreeRoundTrips) {
  base::PacketPool pool(0, 64);
  History history;
  for (int64_t i = 0; i < 20; ++i) {
    history.add(packet_of(pool, i), kStart + Duration::millis(100 * i));
  }
  history.expire(kStart + Duration::millis(1900), kRtt);
  EXPECT_EQ(history.size(), 11u);
  history.expire(kStart + Duration::millis(1900), Duration::millis(400));
  EXPECT_EQ(history.size(), 11u);
  history.expire(kStart + Duration::millis(2900), Duration::millis(400));
  EXPECT_EQ(history.size(), 3u);
  history.expire(kStart + Duration::seconds(10), kRtt);
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(pool.blocks_in_use(), 0u);
  history.add(packet_of(pool, 40000), kStart);
  EXPECT_EQ(ask(history, 40000, kStart), Lookup::kFound);
}

// [HIST-3]
TEST(History, ResendsOncePerRoundTripAndFiveTimes) {
  base::PacketPool pool(0, 8);
  History history;
  history.add(packet_of(pool, 1), kStart);
  EXPECT_EQ(ask(history, 1, kStart), Lookup::kFound);
  EXPECT_EQ(ask(history, 1, kStart + Duration::millis(49)), Lookup::kTooSoon);
  for (int i = 1; i < kMaxResends; ++i) {
    EXPECT_EQ(ask(history, 1, kStart + Duration::millis(50) * i), Lookup::kFound);
  }
  EXPECT_EQ(ask(history, 1, kStart + Duration::millis(500)), Lookup::kExhausted);
}

// [HIST-7] Only the last sending counts, only of this packet, and the bound of all resends holds.
TEST(History, RepeatsAResendThatIsKnownToBeLost) {
  base::PacketPool pool(0, 8);
  History history;
  history.add(packet_of(pool, 1), kStart);
  const auto repeat = [&](uint8_t resends, Instant sent_at, Instant now) {
    return history.take_for_repeat({1, resends, sent_at}, now).result;
  };
  const Instant at = kStart + Duration::millis(1);
  EXPECT_EQ(ask(history, 1, at), Lookup::kFound);
  EXPECT_EQ(repeat(2, at, at), Lookup::kTooSoon);
  EXPECT_EQ(repeat(1, kStart - Duration::millis(1), at), Lookup::kUnknown);
  const History::Found again = history.take_for_repeat({1, 1, at}, at);
  ASSERT_EQ(again.result, Lookup::kFound);
  EXPECT_EQ(again.packet.resends, 2);
  EXPECT_EQ(repeat(1, at, at), Lookup::kTooSoon);
  EXPECT_EQ(ask(history, 1, at + Duration::millis(49)), Lookup::kTooSoon);
  for (uint8_t i = 2; i < kMaxResends; ++i) EXPECT_EQ(repeat(i, at, at), Lookup::kFound);
  EXPECT_EQ(repeat(kMaxResends, at, at), Lookup::kExhausted);
  EXPECT_EQ(history.take_for_repeat({2, 1, at}, at).result, Lookup::kUnknown);
}

// [HIST-2] What is still being repaired is not old.
TEST(History, KeepsWhatWasResentOfLate) {
  base::PacketPool pool(0, 8);
  History history;
  history.add(packet_of(pool, 1), kStart);
  EXPECT_EQ(ask(history, 1, kStart + Duration::millis(900)), Lookup::kFound);
  history.expire(kStart + Duration::millis(1800), kRtt);
  EXPECT_EQ(history.size(), 1u);
  history.expire(kStart + Duration::millis(1950), kRtt);
  EXPECT_EQ(history.size(), 0u);
}

TEST(History, ALateNumberBehindAllFindsItsPlace) {
  base::PacketPool pool(0, 8);
  History history;
  history.add(packet_of(pool, 65536 + 5), kStart);
  history.add(packet_of(pool, 65535), kStart);
  EXPECT_EQ(ask(history, 65535, kStart), Lookup::kFound);
  EXPECT_EQ(ask(history, 65536 + 5, kStart), Lookup::kFound);
  EXPECT_EQ(ask(history, 65536 + 1, kStart), Lookup::kUnknown);
}

// The slow twin: a map by unwrapped number.
TEST(History, AgreesWithAMap) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    base::PacketPool pool(0, 8192);
    History history;
    std::map<int64_t, Instant> sent;
    int64_t next = static_cast<int64_t>(random.below(65536));
    int64_t newest = next;
    for (int i = 0; i < 8000; ++i) {
      const Instant now = kStart + Duration::millis(i);
      next += random.chance(2) ? static_cast<int64_t>(random.below(300)) : 1;
      const int64_t number =
          random.chance(5) ? next - static_cast<int64_t>(random.below(40)) : next;
      newest = std::max(newest, number);
      history.add(packet_of(pool, number), now);
      sent[number] = now;
      sent.erase(sent.begin(), sent.upper_bound(newest - static_cast<int64_t>(kMaxHistoryPackets)));
      ASSERT_EQ(history.size(), sent.size()) << i;
      const int64_t wanted = newest - static_cast<int64_t>(random.below(2500));
      const bool known = sent.contains(wanted);
      const History::Found found =
          history.take_for_resend(static_cast<uint16_t>(wanted), Duration{}, now);
      ASSERT_EQ(found.result != Lookup::kUnknown, known) << i;
      if (found.result == Lookup::kFound) {
        ASSERT_EQ(found.packet.header.timestamp, static_cast<uint32_t>(wanted));
      }
    }
  }
}

}  // namespace
}  // namespace rtp
