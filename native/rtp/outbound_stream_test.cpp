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
    wire::OutPacket packet;
    const auto received = testing_support::make_received(pool_, {.ssrc = 1, .payload_type = 96},
                                                         std::vector<uint8_t>(size, 5));
    packet.source = received.packet;
    packet.payload_offset = received.view.payload_offset;
    packet.payload_size = received.view.payload_size;
    packet.header = {.timestamp = 9, .ssrc = 5, .sequence = sequence, .payload_type = 96};
    packet.rtx_payload_type = 97;
    stream.handle_forwarded(packet, kStart);
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

}  // namespace
}  // namespace rtp
