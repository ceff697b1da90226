#include "wire/out_packet.h"

#include <gtest/gtest.h>

#include <array>

namespace wire {
namespace {

TEST(OutPacket, MidKeepsUpToFifteenCharacters) {
  EXPECT_TRUE(Mid().empty());
  EXPECT_EQ(Mid("v12").text(), "v12");
  EXPECT_EQ(Mid("0123456789abcdef").text(), "0123456789abcde");
}

TEST(OutPacket, HeaderCarriesNegotiatedExtensionsOnly) {
  base::PacketPool pool(0, 4);
  OutPacket packet;
  packet.source = pool.acquire();
  packet.source.resize(40);
  packet.source.bytes()[20] = 0x8f;
  packet.header = {.timestamp = 0x01020304,
                   .ssrc = 0x0a0b0c0d,
                   .sequence = 65535,
                   .payload_type = 111,
                   .marker = true};
  packet.mid = Mid("a1");
  packet.passed[0] = {.id = 10, .size = 1, .offset = 20};
  packet.passed_count = 1;

  std::array<uint8_t, kMaxOutHeaderSize> bytes;
  RtpView view;
  const size_t plain = write_out_header(packet, 7, write_abs_send_time(1000000), bytes);
  ASSERT_EQ(parse_rtp(std::span(bytes.data(), plain), view), ParseError::kNone);
  EXPECT_FALSE(view.extensions().find(4).has_value());
  EXPECT_EQ((*view.extensions().find(10))[0], 0x8f);

  packet.ids = {.mid = 4, .transport_cc = 3, .abs_send_time = 2};
  const size_t size = write_out_header(packet, 0x1234, write_abs_send_time(1000000), bytes);
  ASSERT_EQ(parse_rtp(std::span(bytes.data(), size), view), ParseError::kNone);
  EXPECT_EQ(view.timestamp, 0x01020304u);
  EXPECT_EQ(view.ssrc, 0x0a0b0c0du);
  EXPECT_EQ(view.sequence, 65535);
  EXPECT_EQ(view.payload_type, 111);
  EXPECT_TRUE(view.marker);
  EXPECT_EQ(view.extension_profile, kOneByteProfile);
  EXPECT_EQ(read_transport_sequence(*view.extensions().find(3)), 0x1234);
  EXPECT_EQ(view.extensions().find(2)->size(), 3u);
  EXPECT_EQ((*view.extensions().find(4))[1], '1');
  EXPECT_EQ(write_out_header(packet, 1, {}, std::span(bytes).first(20)), 0u);
}

}  // namespace
}  // namespace wire
