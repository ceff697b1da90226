#include "transport/link_pulse.h"

#include <gtest/gtest.h>

#include <array>

#include "wire/link_pulse.h"

namespace transport {
namespace {

constexpr base::Instant kStart{5'000'000};
constexpr auto millis = base::Duration::millis;

TEST(WireLinkPulse, IsReadAsItWasWritten) {
  std::array<uint8_t, wire::kLinkPulseSize> bytes{};
  for (const bool hears : {false, true}) {
    const wire::LinkPulse pulse{0x01020304, hears};
    ASSERT_EQ(wire::write_link_pulse(pulse, bytes), bytes.size());
    wire::RtcpReader reader(bytes);
    wire::RtcpBlock block;
    ASSERT_TRUE(reader.next(block));
    EXPECT_EQ(block.type, wire::RtcpType::kApp);
    EXPECT_EQ(wire::parse_link_pulse(block), pulse);
    block.count = 2;
    EXPECT_EQ(wire::parse_link_pulse(block), std::nullopt);
    block.count = 1;
    block.body = block.body.first(4);
    EXPECT_EQ(wire::parse_link_pulse(block), std::nullopt);
  }
  EXPECT_EQ(wire::write_link_pulse({}, std::span(bytes).first(8)), 0u);
}

TEST(WireLinkPulse, OtherAppPacketsAreNone) {
  std::array<uint8_t, wire::kLinkPulseSize> bytes{};
  wire::write_link_pulse({7, true}, bytes);
  bytes[11] = 'X';
  wire::RtcpReader reader(bytes);
  wire::RtcpBlock block;
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(wire::parse_link_pulse(block), std::nullopt);
}

TEST(LinkPulse, IsWholeWhenBothHear_LINK_2) {
  LinkPulse pulse;
  EXPECT_TRUE(pulse.take_due(kStart));  // at once
  EXPECT_FALSE(pulse.take_due(kStart));
  EXPECT_EQ(pulse.next_deadline(), kStart + kLinkPulseInterval);
  pulse.handle_packet(kStart + millis(10));
  EXPECT_TRUE(pulse.hears());
  EXPECT_FALSE(pulse.is_whole());
  EXPECT_TRUE(pulse.take_due(kStart + millis(10)));  // it is told without waiting
  pulse.handle_pulse(true);
  EXPECT_TRUE(pulse.is_whole());
  pulse.handle_pulse(false);  // the way to the other end alone is cut
  EXPECT_FALSE(pulse.is_whole());
}

TEST(LinkPulse, FallsSilentAndIsFoundAgain_LINK_3) {
  LinkPulse pulse;
  pulse.handle_packet(kStart);
  pulse.handle_pulse(true);
  const base::Instant silent = kStart + kLinkPatience;
  pulse.handle_timeout(silent - millis(1));
  EXPECT_TRUE(pulse.is_whole());
  while (pulse.take_due(silent - millis(1))) continue;
  EXPECT_EQ(pulse.next_deadline(), silent);
  pulse.handle_timeout(silent);
  EXPECT_FALSE(pulse.is_whole());
  EXPECT_TRUE(pulse.take_due(silent));  // that we hear nothing is told at once, too
  pulse.handle_packet(silent + millis(60'000));
  pulse.handle_pulse(true);
  EXPECT_TRUE(pulse.is_whole());
  EXPECT_TRUE(pulse.take_due(silent + millis(60'000)));
}

}  // namespace
}  // namespace transport
