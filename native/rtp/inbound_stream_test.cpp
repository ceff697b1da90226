#include "rtp/inbound_stream.h"

#include <gtest/gtest.h>

#include <array>

#include "rtp/audio_level.h"
#include "wire/rtcp_nack.h"

namespace rtp {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{1000000};

wire::RtpView packet(uint16_t sequence, uint32_t timestamp) {
  wire::RtpView view;
  view.sequence = sequence;
  view.timestamp = timestamp;
  view.ssrc = 42;
  view.payload_size = 100;
  return view;
}

InboundStream video(bool repair_wanted = true) {
  InboundStream stream(InboundStreamConfig{.ssrc = 42, .nack = true});
  stream.set_repair_wanted(repair_wanted);
  return stream;
}

std::vector<uint16_t> asked(InboundStream& stream, Instant now) {
  std::array<uint8_t, kMaxNackMessageSize> bytes;
  const size_t size = stream.write_nack(7, std::nullopt, now, bytes);
  wire::RtcpReader reader({bytes.data(), size});
  wire::RtcpBlock block;
  if (!reader.next(block)) return {};
  wire::Nack nack;
  wire::NackSequences sequences;
  EXPECT_EQ(wire::parse_nack(block, nack, sequences), wire::ParseError::kNone);
  EXPECT_EQ(nack, (wire::Nack{7, 42}));
  std::vector<uint16_t> numbers;
  uint16_t number = 0;
  while (sequences.next(number)) numbers.push_back(number);
  return numbers;
}

// [NACK-1] [NACK-2]
TEST(InboundStream, AsksForGapsAndStopsWhenRepaired) {
  InboundStream stream = video();
  stream.handle_packet(packet(65534, 0), false, kStart);
  stream.handle_packet(packet(2, 3000), false, kStart);
  const Instant later = kStart + Duration::millis(10);
  EXPECT_EQ(asked(stream, later), (std::vector<uint16_t>{65535, 0, 1}));
  const Received repaired =
      stream.handle_packet(packet(65535, 0), true, later + Duration::millis(30));
  EXPECT_TRUE(repaired.accepted);
  EXPECT_EQ(repaired.arrival, Arrival::kLate);
  EXPECT_EQ(repaired.sequence, 65535);
  EXPECT_EQ(stream.repair_rtt().value(), Duration::millis(30));
  EXPECT_EQ(asked(stream, kStart + Duration::millis(200)), (std::vector<uint16_t>{0, 1}));
  EXPECT_EQ(stream.counters().nacks_sent, 2u);
  EXPECT_EQ(stream.counters().rtx_received, 1u);
}

// [NACK-6]
TEST(InboundStream, AsksForNothingWhileNobodyReceives) {
  InboundStream stream = video(false);
  stream.handle_packet(packet(1, 0), false, kStart);
  stream.handle_packet(packet(5, 0), false, kStart);
  EXPECT_TRUE(stream.next_deadline().is_never());
  stream.set_repair_wanted(true);
  stream.handle_packet(packet(7, 0), false, kStart);
  EXPECT_EQ(asked(stream, kStart + Duration::millis(10)), std::vector<uint16_t>{6});
}

// [NACK-4]
TEST(InboundStream, NeedsAKeyFrameAfterGivingUp) {
  InboundStream stream = video();
  stream.handle_packet(packet(1, 0), false, kStart);
  stream.handle_packet(packet(3, 0), false, kStart);
  asked(stream, kStart + Duration::millis(2000));
  EXPECT_TRUE(stream.take_needs_key_frame());
  EXPECT_FALSE(stream.take_needs_key_frame());
}

// [LOG-3]
TEST(InboundStream, ARestartBeginsAnotherGeneration) {
  InboundStream stream = video();
  stream.handle_packet(packet(1, 100), false, kStart);
  stream.handle_sender_report({.ssrc = 42, .ntp_time = 1}, kStart);
  stream.handle_packet(packet(30000, 0x90000000), false, kStart);
  const Received restarted = stream.handle_packet(packet(30001, 0x90000000), false, kStart);
  EXPECT_TRUE(restarted.accepted);
  EXPECT_EQ(restarted.generation, 1u);
  EXPECT_EQ(restarted.timestamp, 0x90000000);
  EXPECT_EQ(stream.report(kStart)->last_sr, 0u);
}

// [REP-1]: the block answers the publisher's last sender report.
TEST(InboundStream, ReportsTheDelaySinceTheSenderReport) {
  InboundStream stream = video();
  EXPECT_FALSE(stream.report(kStart).has_value());
  stream.handle_packet(packet(1, 100), false, kStart);
  stream.handle_sender_report({.ssrc = 42, .ntp_time = 0x1234567890abcdef}, kStart);
  const auto block = stream.report(kStart + Duration::millis(250));
  EXPECT_EQ(block->last_sr, 0x567890abu);
  EXPECT_EQ(block->delay_since_last_sr, 16384u);
}

// [REP-2]
TEST(InboundStream, CaptureTimesFollowFromSenderReports) {
  InboundStream stream = video();
  RemoteClock clock;
  EXPECT_FALSE(stream.captured_at(90000, clock, kStart).has_value());
  const wire::SenderReport report{
      .ssrc = 42, .ntp_time = ntp_from_unix(5000000), .rtp_timestamp = 0xffffff00};
  clock.handle_sender_report(report.ntp_time, kStart);
  stream.handle_sender_report(report, kStart);
  EXPECT_EQ(stream.captured_at(0xffffff00, clock, kStart), kStart);
  EXPECT_EQ(stream.captured_at(0xffffff00u + 90000, clock, kStart), kStart + Duration::seconds(1));
  EXPECT_EQ(stream.captured_at(0xffffff00u - 9000, clock, kStart), kStart - Duration::millis(100));
}

// [LEVEL-1]
TEST(AudioLevelMeter, FallsSilentWithoutPackets) {
  AudioLevelMeter meter;
  meter.handle_level({30, true}, kStart);
  EXPECT_EQ(meter.level(kStart + Duration::millis(40)).level, 30);
  EXPECT_EQ(meter.level(kStart + Duration::millis(41)).level, kSilence);
}

}  // namespace
}  // namespace rtp
