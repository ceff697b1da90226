// RFC 5769, test vectors for STUN: the short-term credential messages of §2.1, §2.2 and §2.3. The
// long-term one of §2.4 belongs to TURN, which ICE connectivity checks do not use.
#include <gtest/gtest.h>

#include "crypto/hmac.h"
#include "testing/bytes.h"
#include "wire/stun.h"

namespace {

using testing_support::Bytes;

constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";

constexpr std::string_view kRequest = R"(
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff
  80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf)";

constexpr std::string_view kIpv4Response = R"(
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96)";

constexpr std::string_view kIpv6Response = R"(
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c)";

// Parses and checks both trailing attributes with the real HMAC-SHA1.
wire::StunMessage verified(const Bytes& bytes) {
  wire::StunMessage message;
  EXPECT_EQ(wire::parse_stun(bytes, message), wire::ParseError::kNone);
  EXPECT_TRUE(message.fingerprint_valid);
  const Bytes key = testing_support::from_text(kPassword);
  EXPECT_TRUE(message.verify_integrity(key, crypto::hmac_sha1));
  EXPECT_FALSE(message.verify_integrity(testing_support::from_text("wrong"), crypto::hmac_sha1));
  return message;
}

// [STUN-2] [STUN-4]
TEST(Rfc5769, SampleRequest) {
  const Bytes bytes = testing_support::from_hex(kRequest);
  const wire::StunMessage message = verified(bytes);
  EXPECT_EQ(message.message_class, wire::StunClass::kRequest);
  EXPECT_EQ(message.method, wire::kStunBinding);
  EXPECT_EQ(message.username, "evtj:h6vY");
  EXPECT_EQ(message.priority, 0x6E0001FFu);
  EXPECT_EQ(message.ice_controlled, 0x932FF9B151263B36u);
}

// [STUN-5]
TEST(Rfc5769, SampleIpv4Response) {
  const Bytes bytes = testing_support::from_hex(kIpv4Response);
  const wire::StunMessage message = verified(bytes);
  EXPECT_EQ(message.message_class, wire::StunClass::kSuccess);
  ASSERT_TRUE(message.xor_mapped_address);
  EXPECT_EQ(message.xor_mapped_address->to_string(), "192.0.2.1:32853");
}

// [STUN-5]
TEST(Rfc5769, SampleIpv6Response) {
  const Bytes bytes = testing_support::from_hex(kIpv6Response);
  const wire::StunMessage message = verified(bytes);
  ASSERT_TRUE(message.xor_mapped_address);
  EXPECT_EQ(message.xor_mapped_address->to_string(),
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

// The vectors pad with spaces where we pad with zeros, so a rewritten message equals them in all
// but padding, integrity and fingerprint; a text without padding is equal in every byte.
TEST(Rfc5769, OurWriterAgreesOnTheLayout) {
  Bytes out(200);
  const Bytes vector = testing_support::from_hex(kRequest);
  const wire::StunMessage message = verified(vector);
  out.resize(
      wire::StunWriter(out, wire::StunClass::kRequest, wire::kStunBinding, message.transaction_id)
          .software("STUN test client")
          .priority(0x6E0001FF)
          .ice_controlled(0x932FF9B151263B36)
          .username("evtj:h6vY")
          .integrity(testing_support::from_text(kPassword), crypto::hmac_sha1)
          .fingerprint()
          .finish());
  ASSERT_EQ(out.size(), vector.size());
  constexpr size_t kUsernamePaddingAt = 73;
  EXPECT_EQ(testing_support::to_hex(std::span(out).first(kUsernamePaddingAt)),
            testing_support::to_hex(std::span(vector).first(kUsernamePaddingAt)));
  verified(out);
}

}  // namespace
