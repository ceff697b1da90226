#include "rtp/outbound_stream.h"

#include <gtest/gtest.h>

#include <array>

#include "testing/rtp_packets.h"
#include "wire/rtcp.h"

namespace rtp {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{1000000};

class OutboundStreamTest : public testing::Test {
 protected:
  void send(OutboundStream& stream, uint16_t sequence, size_t size = 100) {
    stream.handle_forwarded(make(sequence, size), kStart);
  }
  wire::OutPacket make(uint16_t sequence, size_t size = 100) {
    wire::OutPacket packet;
    const auto received = testing_support::make_received(pool_, {.ssrc = 1, .payload_type = 96},
                                                         std::vector<uint8_t>(size, 5));
    packet.source = received.packet;
    packet.payload_offset = received.view.payload_offset;
    packet.payload_size = received.view.payload_size;
    packet.header = {.timestamp = 9, .ssrc = 5, .sequence = sequence, .payload_type = 96};
    packet.rtx_payload_type = 97;
    return packet;
  }

  std::vector<wire::OutPacket> nack(OutboundStream& stream, std::vector<uint16_t> numbers,
                                    Instant now) {
    std::array<uint8_t, 1200> bytes;
    size_t taken = 0;
    const size_t size = wire::write_nack({1, 5}, numbers, bytes, taken);
    wire::RtcpReader reader({bytes.data(), size});
    wire::RtcpBlock block;
    reader.next(block);
    wire::Nack header;
    wire::NackSequences sequences;
    wire::parse_nack(block, header, sequences);
    std::vector<wire::OutPacket> out;
    stream.handle_nack(sequences, now, budget_, out);
    return out;
  }

  base::PacketPool pool_{0, 4096};
  ResendBudget budget_;
  OutboundStreamConfig config_{.ssrc = 5, .rtx_ssrc = 6, .first_rtx_sequence = 65535};
};

// [RTX-2] [HIST-1]
TEST_F(OutboundStreamTest, AnswersNacksOnTheRtxStream) {
  OutboundStream stream(config_);
  for (uint16_t i = 0; i < 4; ++i) send(stream, static_cast<uint16_t>(65534 + i));
  const auto out = nack(stream, {65535, 1, 2}, kStart);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].header.ssrc, 6u);
  EXPECT_EQ(out[0].header.payload_type, 97);
  EXPECT_EQ(out[0].header.sequence, 65535);
  EXPECT_EQ(out[1].header.sequence, 0);
  EXPECT_EQ(testing_support::body_of(out[0])[0], 0xff);
  EXPECT_EQ(stream.counters().history_misses, 1u);
  EXPECT_EQ(stream.counters().retransmissions, 2u);
  EXPECT_EQ(stream.counters().packets_sent, 4u);
}

// [RTX-3]
TEST_F(OutboundStreamTest, WithoutRtxNothingIsRememberedOrResent) {
  config_.rtx_ssrc = 0;
  OutboundStream stream(config_);
  send(stream, 1);
  EXPECT_TRUE(nack(stream, {1}, kStart).empty());
  EXPECT_EQ(pool_.blocks_in_use(), 0u);
  EXPECT_EQ(stream.counters().nacks_received, 1u);
}

// [HIST-4], T7.7: a storm of NACKs.
TEST_F(OutboundStreamTest, RetransmissionsTakeAtMostHalfOfTheMedia) {
  OutboundStream stream(config_);
  uint16_t next = 0;
  for (int second = 0; second < 10; ++second) {
    std::vector<uint16_t> recent;
    for (int i = 0; i < 200; ++i) {
      send(stream, next, 1000);
      recent.push_back(next++);
    }
    for (int ms = 0; ms < 1000; ms += 100) {
      nack(stream, recent, kStart + Duration::millis(second * 1000 + ms));
    }
  }
  const OutboundCounters& counters = stream.counters();
  EXPECT_LE(counters.retransmitted_bytes, counters.bytes_sent / 2 + 66000);
  EXPECT_GT(counters.resends_refused, 0u);
}

// [REP-4]
TEST_F(OutboundStreamTest, SenderReportsCountWhatWasSent) {
  OutboundStream stream(config_);
  EXPECT_FALSE(stream.sender_report(1, 2).has_value());
  send(stream, 1);
  send(stream, 2);
  nack(stream, {1}, kStart);
  EXPECT_EQ(stream.sender_report(0x100000000, 77),
            (wire::SenderReport{5, 0x100000000, 77, 2, 200}));
}

TEST_F(OutboundStreamTest, ReportBlocksMeasureTheRoundTrip) {
  OutboundStream stream(config_);
  EXPECT_FALSE(stream.measured_rtt().has_value());
  stream.handle_report_block({.ssrc = 5, .fraction_lost = 3, .last_sr = 65536}, 65536 + 6554);
  EXPECT_NEAR(static_cast<double>(stream.measured_rtt()->us), 100000, 20);
  EXPECT_EQ(stream.last_report()->fraction_lost, 3);
}

// [HIST-1] [T3.7] A packet of the layer before the switch comes back as it was sent: its number,
// timestamp, rewritten descriptor and payload, in RTX framing.
TEST_F(OutboundStreamTest, ResendsThePacketOfAnEarlierLayerAsItWas) {
  OutboundStream stream(config_);
  wire::OutPacket old = make(10);
  old.header.timestamp = 90'000;
  old.header.marker = true;
  old.source_ssrc = 100;
  old.prefix_size = 3;
  old.prefix_bytes = {0x90, 0x80, 0x07};
  stream.handle_forwarded(old, kStart);
  wire::OutPacket switched = make(11);
  switched.header.timestamp = 93'000;
  switched.source_ssrc = 200;
  switched.starts_decoding = true;
  stream.handle_forwarded(switched, kStart + Duration::millis(33));
  const auto out = nack(stream, {10}, kStart + Duration::millis(60));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].header.timestamp, 90'000u);
  EXPECT_TRUE(out[0].header.marker);
  const std::vector<uint8_t> sent = testing_support::body_of(old);
  const std::vector<uint8_t> again = testing_support::body_of(out[0]);
  ASSERT_EQ(again.size(), sent.size() + 2);
  EXPECT_EQ(again[1], 10);
  EXPECT_TRUE(std::equal(sent.begin(), sent.end(), again.begin() + 2));
}

// [HIST-5] R3.28
TEST_F(OutboundStreamTest, DoesNotResendWhatPrecedesAKeyFrame) {
  OutboundStream stream(config_);
  for (uint16_t i = 0; i < 10; ++i) {
    wire::OutPacket packet = make(i);
    packet.starts_decoding = i == 0 || i == 5;
    stream.handle_forwarded(packet, kStart);
  }
  const auto out = nack(stream, {3, 4, 5, 6}, kStart);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(stream.counters().resends_refused, 2u);
}

// [HIST-4] R7.6: half of the target in any second, over all streams.
TEST_F(OutboundStreamTest, TheTargetBoundsRetransmissions) {
  OutboundStream stream(config_);
  budget_.set_target(160'000);  // 10 kB of retransmissions a second
  std::vector<uint16_t> all;
  for (uint16_t i = 0; i < 400; ++i) {
    send(stream, i, 1000);
    all.push_back(i);
  }
  EXPECT_EQ(nack(stream, all, kStart).size(), 10u);
  EXPECT_TRUE(nack(stream, all, kStart + Duration::millis(800)).empty());
  EXPECT_EQ(nack(stream, all, kStart + Duration::millis(1100)).size(), 10u);
}

// [HIST-7] A lost answer takes room in the budget like the first, and goes on until the bound.
TEST_F(OutboundStreamTest, AnswersThatAreLostAreSentAgain) {
  OutboundStream stream(config_);
  budget_.set_target(48'000);  // 3 kB of retransmissions a second
  send(stream, 1, 1000);
  std::vector<wire::OutPacket> out = nack(stream, {1}, kStart);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(stream.handle_lost_resend({1, out[0].resends, kStart}, kStart, budget_, out));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[1].header.sequence, 0);
  EXPECT_EQ(original_sequence(out[1]), 1);
  EXPECT_TRUE(stream.handle_lost_resend({1, out[1].resends, kStart}, kStart, budget_, out));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_FALSE(stream.handle_lost_resend({1, out[2].resends, kStart}, kStart, budget_, out));
  EXPECT_EQ(out.size(), 3u);
  EXPECT_EQ(stream.counters().retransmissions, 3u);
  EXPECT_EQ(stream.counters().resends_refused, 1u);
}

// [PAD-2]
TEST_F(OutboundStreamTest, PadsWithRecentPacketsElseWithPadding) {
  OutboundStream stream(config_);
  wire::OutPacket padding;
  EXPECT_FALSE(stream.make_padding(1000, padding));
  send(stream, 1, 40);
  send(stream, 2, 800);
  send(stream, 3, 900);
  ASSERT_TRUE(stream.make_padding(1000, padding));
  EXPECT_EQ(base::load_u16(padding.prefix_bytes.data()), 3);
  ASSERT_EQ(nack(stream, {2}, kStart).size(), 1u);
  ASSERT_TRUE(stream.make_padding(1000, padding));
  EXPECT_EQ(original_sequence(padding), 2);
  EXPECT_EQ(padding.resends, 0);
  ASSERT_TRUE(stream.make_padding(30, padding));
  EXPECT_TRUE(padding.is_padding);
  EXPECT_EQ(padding.payload().size(), wire::kPaddingSize);
  EXPECT_EQ(padding.payload().back(), wire::kPaddingSize);
  EXPECT_EQ(padding.header.ssrc, 6u);
  EXPECT_TRUE(padding.header.padding);
  stream.handle_timeout(kStart + Duration::seconds(5));
  ASSERT_TRUE(stream.make_padding(1000, padding));
  EXPECT_TRUE(padding.is_padding);
  // What is padded is not counted as a resend: the packet may still be asked for.
  EXPECT_EQ(stream.counters().retransmissions, 1u);
  EXPECT_EQ(stream.counters().padding_packets, 4u);
}

}  // namespace
}  // namespace rtp
