#include "rtp/twcc_arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "testing/seeded_random.h"
#include "wire/rtcp.h"

namespace rtp {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{5000000};
constexpr size_t kMessageSize = 1200;

struct Report {
  wire::TransportCc header;
  std::vector<wire::PacketStatus> packets;
};

std::optional<Report> next_report(TwccArrivals& arrivals, Instant now,
                                  size_t space = kMessageSize) {
  std::array<uint8_t, kMessageSize> bytes;
  const size_t size = arrivals.write_feedback(now, 1, 2, std::span(bytes).first(space));
  if (size == 0) return std::nullopt;
  wire::RtcpReader reader({bytes.data(), size});
  wire::RtcpBlock block;
  EXPECT_TRUE(reader.next(block));
  Report report;
  wire::TransportCcReader packets;
  EXPECT_EQ(wire::parse_transport_cc(block, report.header, packets), wire::ParseError::kNone);
  wire::PacketStatus status;
  while (packets.next(status)) report.packets.push_back(status);
  return report;
}

std::vector<Report> all_reports(TwccArrivals& arrivals, Instant now, size_t space = kMessageSize) {
  std::vector<Report> reports;
  while (auto report = next_report(arrivals, now, space)) reports.push_back(std::move(*report));
  return reports;
}

// [TWCC-3]
TEST(TwccArrivals, IsDueAnIntervalAfterTheFirstPacket) {
  TwccArrivals arrivals;
  EXPECT_TRUE(arrivals.next_deadline().is_never());
  arrivals.handle_packet(10, 100, kStart);
  EXPECT_LE(arrivals.next_deadline(), kStart + Duration::millis(100));
  const Instant due = arrivals.next_deadline();
  EXPECT_EQ(all_reports(arrivals, due).size(), 1u);
  EXPECT_TRUE(arrivals.next_deadline().is_never());
}

// [TWCC-3]
TEST(TwccArrivals, TheIntervalFollowsTheRate) {
  const auto interval_at = [](size_t packet_size) {
    TwccArrivals arrivals;
    Instant last;
    Duration interval;
    for (int i = 0; i < 500; ++i) {
      const Instant now = kStart + Duration::millis(10) * i;
      arrivals.handle_packet(static_cast<uint16_t>(i), packet_size, now);
      if (now < arrivals.next_deadline()) continue;
      all_reports(arrivals, now);
      interval = now - last;
      last = now;
    }
    return interval.to_ms();
  };
  EXPECT_EQ(interval_at(1250), 50);  // 1 Mbit/s: 11 ms, but 50 at least
  EXPECT_NEAR(static_cast<double>(interval_at(125)), 109, 12);
  EXPECT_EQ(interval_at(20), 250);  // 16 kbit/s: 680 ms, but 250 at most
}

// [TWCC-3]
TEST(TwccArrivals, TheIntervalCanBeSet) {
  TwccArrivals arrivals;
  arrivals.set_interval(Duration::millis(200));
  std::vector<int64_t> rounds;
  for (int i = 0; i < 100; ++i) {
    const Instant now = kStart + Duration::millis(10) * i;
    arrivals.handle_packet(static_cast<uint16_t>(i), 1250, now);
    if (now >= arrivals.next_deadline()) rounds.push_back(now.us);
    all_reports(arrivals, now);
  }
  ASSERT_GE(rounds.size(), 4u);
  EXPECT_EQ(rounds[3] - rounds[2], 200000);
}

// [TWCC-1] [TWCC-2]
TEST(TwccArrivals, ReportsArrivalsAndGapsOnce) {
  TwccArrivals arrivals;
  arrivals.handle_packet(65534, 100, kStart);
  arrivals.handle_packet(1, 100, kStart + Duration::millis(10));
  arrivals.handle_packet(1, 100, kStart + Duration::millis(50));
  const auto reports = all_reports(arrivals, kStart + Duration::millis(100));
  ASSERT_EQ(reports.size(), 1u);
  const Report& report = reports[0];
  EXPECT_EQ(report.header.base_sequence, 65534);
  ASSERT_EQ(report.packets.size(), 4u);
  EXPECT_TRUE(report.packets[0].received);
  EXPECT_FALSE(report.packets[1].received);
  EXPECT_FALSE(report.packets[2].received);
  EXPECT_EQ(report.packets[3].offset_us - report.packets[0].offset_us, 10000);

  arrivals.handle_packet(3, 100, kStart + Duration::millis(110));
  const auto later = all_reports(arrivals, kStart + Duration::millis(400));
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].header.base_sequence, 2);
  EXPECT_EQ(later[0].packets.size(), 2u);
  EXPECT_EQ(later[0].header.feedback_count, 1);
}

// [TWCC-2]
TEST(TwccArrivals, ALateNumberIsReportedInTheNextMessage) {
  TwccArrivals arrivals;
  for (const uint16_t number : std::array<uint16_t, 3>{10, 12, 13})
    arrivals.handle_packet(number, 100, kStart);
  all_reports(arrivals, kStart + Duration::millis(100));
  arrivals.handle_packet(11, 100, kStart + Duration::millis(150));
  const auto reports = all_reports(arrivals, kStart + Duration::millis(400));
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].header.base_sequence, 11);
  EXPECT_EQ(reports[0].packets.size(), 3u);
  EXPECT_TRUE(reports[0].packets[0].received);
}

// [TWCC-2]: a silence longer than everything remembered does not hide what was lost in it.
TEST(TwccArrivals, AGapAfterSilenceIsReported) {
  TwccArrivals arrivals;
  arrivals.handle_packet(10, 100, kStart);
  all_reports(arrivals, kStart + Duration::seconds(2));
  arrivals.handle_packet(14, 100, kStart + Duration::seconds(3));
  const auto reports = all_reports(arrivals, kStart + Duration::seconds(4));
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].header.base_sequence, 11);
  EXPECT_EQ(reports[0].packets.size(), 4u);
}

// [TWCC-4]
TEST(TwccArrivals, AHugeGapIsBounded) {
  TwccArrivals arrivals;
  int64_t number = 0;
  for (int i = 0; i < 50; ++i) {
    arrivals.handle_packet(static_cast<uint16_t>(number), 100, kStart + Duration::millis(i));
    number += 32000;
  }
  size_t statuses = 0;
  for (const Report& report : all_reports(arrivals, kStart + Duration::seconds(1))) {
    statuses += report.packets.size();
  }
  EXPECT_LE(statuses, static_cast<size_t>(kMaxTwccWindow));
}

// [TWCC-5], T1.3: arrivals with reordering, loss, pauses and wrap, in messages of several sizes.
TEST(TwccArrivals, WhatIsDecodedIsWhatArrived) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    const size_t space = 100 + random.below(1100);
    const uint64_t loss = random.below(31);
    TwccArrivals arrivals;
    std::map<int64_t, int64_t> sent;      // number → µs, first arrival
    std::map<int64_t, int64_t> reported;  // number → µs, relative
    base::Unwrapper<uint16_t> numbers;
    base::Unwrapper<uint32_t, 24> references;
    int64_t number = static_cast<int64_t>(random.below(65536));
    numbers.unwrap(static_cast<uint16_t>(number));
    Instant now = kStart;
    std::optional<int64_t> clock_offset;
    for (int i = 0; i < 3000; ++i) {
      now = now + Duration::micros(static_cast<int64_t>(random.below(4000)));
      if (random.chance(1) && random.chance(10)) now = now + Duration::seconds(8);
      ++number;
      if (!random.chance(loss)) {
        const int64_t arrived =
            random.chance(10) ? number - static_cast<int64_t>(random.below(5)) : number;
        // SRTP lets no duplicate through.
        if (sent.emplace(arrived, now.us).second) {
          arrivals.handle_packet(static_cast<uint16_t>(arrived), 1000, now);
        }
      }
      if (now < arrivals.next_deadline()) continue;
      for (const Report& report : all_reports(arrivals, now, space)) {
        const int64_t base_us =
            references.unwrap(report.header.reference_time) * wire::kTransportCcReferenceUs;
        for (const wire::PacketStatus& status : report.packets) {
          if (!status.received) continue;
          const int64_t at = numbers.unwrap(status.sequence);
          const int64_t arrival_us = base_us + status.offset_us;
          if (!clock_offset) clock_offset = sent.at(at) - arrival_us;
          ASSERT_TRUE(sent.contains(at));
          ASSERT_LE(std::abs(sent.at(at) - arrival_us - *clock_offset), 250);
          reported[at] = arrival_us;
        }
      }
    }
    all_reports(arrivals, now + Duration::seconds(1), space);
    EXPECT_GE(reported.size() + 300, sent.size());
  }
}

}  // namespace
}  // namespace rtp
