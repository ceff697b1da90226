#include "rtp/rtx.h"

#include <gtest/gtest.h>

#include "testing/rtp_packets.h"

namespace rtp {
namespace {

using testing_support::body_of;
using testing_support::make_received;
using Bytes = std::vector<uint8_t>;

wire::OutPacket outgoing(const testing_support::ReceivedPacket& received, uint16_t sequence) {
  wire::OutPacket packet;
  packet.source = received.packet;
  packet.header = {
      .timestamp = 777, .ssrc = 5, .sequence = sequence, .payload_type = 96, .marker = true};
  packet.payload_offset = received.view.payload_offset;
  packet.payload_size = received.view.payload_size;
  packet.rtx_payload_type = 97;
  return packet;
}

// [RTX-1]
TEST(Rtx, RecoversTheOriginalInPlace) {
  base::PacketPool pool(0, 8);
  const Bytes mid = {'0'};
  auto [packet, view] = make_received(
      pool, {.timestamp = 1234, .ssrc = 99, .sequence = 7, .payload_type = 97, .marker = true},
      {0xff, 0xfe, 1, 2, 3}, {{1, mid}});
  ASSERT_TRUE(recover_original(packet, view, 42, 96));
  wire::RtpView parsed;
  ASSERT_EQ(wire::parse_rtp(packet.bytes(), parsed), wire::ParseError::kNone);
  EXPECT_EQ(parsed.ssrc, 42u);
  EXPECT_EQ(parsed.sequence, 0xfffe);
  EXPECT_EQ(parsed.payload_type, 96);
  EXPECT_EQ(parsed.timestamp, 1234u);
  EXPECT_TRUE(parsed.marker);
  EXPECT_EQ(Bytes(parsed.payload().begin(), parsed.payload().end()), (Bytes{1, 2, 3}));
  EXPECT_TRUE(parsed.extensions().find(1).has_value());
  EXPECT_EQ(view.sequence, parsed.sequence);
  EXPECT_EQ(view.ssrc, parsed.ssrc);
  EXPECT_EQ(view.payload_size, parsed.payload_size);
}

// [RTX-1]
TEST(Rtx, DropsPadding) {
  base::PacketPool pool(0, 8);
  auto [packet, view] = make_received(
      pool, {.timestamp = 1, .ssrc = 99, .sequence = 7, .payload_type = 97, .padding = true},
      {0, 8, 1, 2, 0, 0, 3});
  ASSERT_EQ(view.padding_size, 3);
  ASSERT_TRUE(recover_original(packet, view, 42, 96));
  wire::RtpView parsed;
  ASSERT_EQ(wire::parse_rtp(packet.bytes(), parsed), wire::ParseError::kNone);
  EXPECT_EQ(parsed.sequence, 8);
  EXPECT_EQ(parsed.padding_size, 0);
  EXPECT_EQ(Bytes(parsed.payload().begin(), parsed.payload().end()), (Bytes{1, 2}));
}

// [RTX-1]
TEST(Rtx, PaddingIsNotRecovered) {
  base::PacketPool pool(0, 8);
  for (const Bytes& payload : {Bytes{}, Bytes{1}}) {
    auto [packet, view] = make_received(
        pool, {.timestamp = 1, .ssrc = 99, .sequence = 7, .payload_type = 97}, payload);
    EXPECT_FALSE(recover_original(packet, view, 42, 96));
    EXPECT_EQ(view.ssrc, 99u);
  }
}

// [RTX-2]
TEST(Rtx, WhatIsSentIsRecoveredEqual) {
  base::PacketPool pool(0, 8);
  const auto source =
      make_received(pool, {.ssrc = 1, .sequence = 1, .payload_type = 100}, {9, 9, 1, 2, 3});
  wire::OutPacket original = outgoing(source, 65535);
  original.prefix_bytes = {0xaa, 0xbb, 0xcc};
  original.prefix_size = 3;
  original.payload_offset = static_cast<uint16_t>(original.payload_offset + 2);
  original.payload_size = static_cast<uint16_t>(original.payload_size - 2);

  const wire::OutPacket sent = make_retransmission(original, {6, 97}, 300);
  EXPECT_TRUE(sent.is_retransmission);
  EXPECT_EQ(body_of(sent), (Bytes{0xff, 0xff, 0xaa, 0xbb, 0xcc, 1, 2, 3}));

  auto [packet, view] = make_received(pool, sent.header, body_of(sent));
  ASSERT_TRUE(recover_original(packet, view, 5, 96));
  EXPECT_EQ(view.sequence, 65535);
  EXPECT_EQ(view.timestamp, 777u);
  EXPECT_TRUE(view.marker);
  EXPECT_EQ(Bytes(view.payload().begin(), view.payload().end()), body_of(original));
}

// E20: the descriptor that was rewritten for the packet is repeated with it, whatever came since.
TEST(Rtx, RepeatsTheRewrittenDescriptor_E20) {
  base::PacketPool pool(0, 4);
  wire::OutPacket packet;
  packet.source = pool.acquire();
  packet.source.resize(40);
  const std::array<uint8_t, 5> descriptor = {0x86, 0x01, 0x73, 0x40, 0xfc};
  std::copy(descriptor.begin(), descriptor.end(), packet.source.bytes().begin() + 16);
  packet.dependency = {.id = 5,
                       .size = 5,
                       .offset = 16,
                       .rewrite = {.active_targets = 27,
                                   .frame_number = 0x1234,
                                   .mask_position = 29,
                                   .template_shift = 60,
                                   .decode_targets = 9}};
  const wire::OutPacket again = make_retransmission(packet, {.ssrc = 9, .payload_type = 97}, 3);
  for (const wire::OutPacket& sent : {packet, again}) {
    std::array<uint8_t, wire::kMaxOutHeaderSize> bytes;
    const size_t size = wire::write_out_header(sent, 1, {}, bytes);
    wire::RtpView view;
    ASSERT_EQ(wire::parse_rtp(std::span(bytes).first(size), view), wire::ParseError::kNone);
    const auto value = view.extensions().find(5);
    ASSERT_TRUE(value);
    EXPECT_EQ(std::vector<uint8_t>(value->begin(), value->end()),
              (std::vector<uint8_t>{0x82, 0x12, 0x34, 0x40, 0x6c}));
  }
}

}  // namespace
}  // namespace rtp
