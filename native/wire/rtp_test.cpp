#include "wire/rtp.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"
#include "testing/seeded_random.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;

RtpView parsed(const Bytes& packet) {
  RtpView view;
  EXPECT_EQ(parse_rtp(packet, view), ParseError::kNone);
  return view;
}

ParseError error_of(const Bytes& packet) {
  RtpView view;
  return parse_rtp(packet, view);
}

TEST(Rtp, ReadsTheFixedHeader) {
  const Bytes packet = from_hex("80e1ffff 89abcdef 01234567 aabbcc");
  const RtpView view = parsed(packet);
  EXPECT_TRUE(view.marker);
  EXPECT_EQ(view.payload_type, 0x61);
  EXPECT_EQ(view.sequence, 0xFFFF);
  EXPECT_EQ(view.timestamp, 0x89ABCDEFu);
  EXPECT_EQ(view.ssrc, 0x01234567u);
  EXPECT_EQ(view.payload_offset, 12);
  EXPECT_EQ(testing_support::to_hex(view.payload()), "aabbcc");
  EXPECT_TRUE(view.extensions().contents.empty());
}

// [RTP-1]
TEST(Rtp, SkipsCsrcsAndExtension) {
  const Bytes packet =
      from_hex("92600001 00000002 00000003 aaaaaaaa bbbbbbbb bede0001 10ff0000 dd");
  const RtpView view = parsed(packet);
  EXPECT_EQ(view.csrc_count, 2);
  EXPECT_EQ(view.extension_profile, kOneByteProfile);
  EXPECT_EQ(view.extension_size, 4);
  EXPECT_EQ(view.payload_size, 1);
  EXPECT_EQ((*view.extensions().find(1))[0], 0xFF);
  EXPECT_FALSE(view.extensions().find(2));
}

// [RTP-2]
TEST(Rtp, RemovesPadding) {
  const Bytes packet = from_hex("a0600001 00000002 00000003 aabb 000003");
  const RtpView view = parsed(packet);
  EXPECT_EQ(view.padding_size, 3);
  EXPECT_EQ(view.payload_size, 2);
  EXPECT_EQ(parsed(from_hex("a0600001 00000002 00000003 0002")).payload_size, 0);
  EXPECT_EQ(error_of(from_hex("a0600001 00000002 00000003 0003")), ParseError::kBadPadding);
  EXPECT_EQ(error_of(from_hex("a0600001 00000002 00000003 0000")), ParseError::kBadPadding);
  EXPECT_EQ(error_of(from_hex("a0600001 00000002 00000003")), ParseError::kBadPadding);
}

TEST(Rtp, LeavesPaddingOfEncryptedPayloadAlone) {
  const Bytes packet = from_hex("a0600001 00000002 00000003 aabbff");
  RtpView view;
  EXPECT_EQ(parse_rtp_header(packet, view), ParseError::kNone);
  EXPECT_EQ(view.payload_size, 3);
}

// [RTP-1]
TEST(Rtp, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of({}), ParseError::kTruncated);
  EXPECT_EQ(error_of(Bytes(11, 0x80)), ParseError::kTruncated);
  EXPECT_EQ(error_of(from_hex("40600001 00000002 00000003")), ParseError::kBadVersion);
  EXPECT_EQ(error_of(from_hex("81600001 00000002 00000003 0000")), ParseError::kTruncated);
  EXPECT_EQ(error_of(from_hex("90600001 00000002 00000003 bede")), ParseError::kBadExtension);
  EXPECT_EQ(error_of(from_hex("90600001 00000002 00000003 bede0002 00000000")),
            ParseError::kBadExtension);
  EXPECT_EQ(error_of(from_hex("90600001 00000002 00000003 bedeffff 00000000")),
            ParseError::kBadExtension);
  EXPECT_EQ(error_of(Bytes(65536, 0x80)), ParseError::kBadLength);
}

// [WIRE-1] every cut of a packet with everything in it
TEST(Rtp, EveryPrefixIsReadOrRefused) {
  const Bytes packet =
      from_hex("b2600001 00000002 00000003 aaaaaaaa bbbbbbbb bede0001 10ff0000 dd 0002");
  for (size_t size = 0; size < packet.size(); ++size) {
    const Bytes prefix(packet.begin(), packet.begin() + static_cast<ptrdiff_t>(size));
    RtpView view;
    if (parse_rtp(prefix, view) != ParseError::kNone) continue;
    EXPECT_EQ(view.payload_offset + view.payload_size + view.padding_size, size);
  }
}

// [WIRE-2]
TEST(Rtp, HeadersRoundTrip) {
  testing_support::SeededRandom random(2);
  for (int round = 0; round < 2000; ++round) {
    const RtpHeader header{.timestamp = random.u32(),
                           .ssrc = random.u32(),
                           .sequence = random.u16(),
                           .payload_type = static_cast<uint8_t>(random.below(128)),
                           .marker = random.chance(50)};
    Bytes value(1 + random.below(16));
    random.fill(value);
    const ExtensionElement element{static_cast<uint8_t>(1 + random.below(14)), value};
    const size_t count = random.below(2);
    Bytes packet(64);
    packet.resize(write_rtp_header(header, {&element, count}, packet));
    const RtpView view = parsed(packet);
    EXPECT_EQ(view.timestamp, header.timestamp);
    EXPECT_EQ(view.ssrc, header.ssrc);
    EXPECT_EQ(view.sequence, header.sequence);
    EXPECT_EQ(view.payload_type, header.payload_type);
    EXPECT_EQ(view.marker, header.marker);
    EXPECT_EQ(view.payload_size, 0);
    const auto found = view.extensions().find(element.id);
    ASSERT_EQ(found.has_value(), count == 1);
    if (found) {
      EXPECT_EQ(testing_support::to_hex(*found), testing_support::to_hex(value));
    }
  }
}

TEST(Rtp, WriterRefusesWithoutRoomAndSetsPadding) {
  Bytes out(12);
  EXPECT_EQ(write_rtp_header({}, {}, std::span(out).first(11)), 0u);
  EXPECT_EQ(write_rtp_header({.padding = true}, {}, out), 12u);
  EXPECT_EQ(out[0], 0xA0);
  const ExtensionElement element{1, out};
  EXPECT_EQ(write_rtp_header({}, {&element, 1}, out), 0u);
}

}  // namespace
}  // namespace wire
