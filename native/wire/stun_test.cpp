#include "wire/stun.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"
#include "testing/seeded_random.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_text;

constexpr std::array<uint8_t, 12> kTransaction{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

// Stands in for HMAC-SHA1: depends on every byte, which is all that the format needs. The real one
// is checked against RFC 5769 in conformance/.
std::array<uint8_t, 20> toy_hmac(std::span<const uint8_t> key, std::span<const uint8_t> message) {
  std::array<uint8_t, 20> out{};
  uint32_t state = 2166136261u;
  const auto absorb = [&](uint8_t byte) { state = (state ^ byte) * 16777619u; };
  for (const uint8_t byte : key) absorb(byte);
  for (const uint8_t byte : message) absorb(byte);
  for (uint8_t& byte : out) {
    absorb(0);
    byte = static_cast<uint8_t>(state >> 24);
  }
  return out;
}

Bytes binding_request(const Bytes& key) {
  Bytes bytes(kMaxStunSize);
  bytes.resize(StunWriter(bytes, StunClass::kRequest, kStunBinding, kTransaction)
                   .username("ours:theirs")
                   .priority(0x6E0001FF)
                   .ice_controlling(0x1122334455667788)
                   .use_candidate()
                   .integrity(key, toy_hmac)
                   .fingerprint()
                   .finish());
  return bytes;
}

StunMessage parsed(const Bytes& bytes) {
  StunMessage message;
  EXPECT_EQ(parse_stun(bytes, message), ParseError::kNone);
  return message;
}

// [WIRE-2]
TEST(Stun, RequestRoundTrips) {
  const Bytes key = from_text("password");
  const Bytes bytes = binding_request(key);
  const StunMessage message = parsed(bytes);
  EXPECT_EQ(message.message_class, StunClass::kRequest);
  EXPECT_EQ(message.method, kStunBinding);
  EXPECT_EQ(message.transaction_id, kTransaction);
  EXPECT_EQ(message.username, "ours:theirs");
  EXPECT_EQ(message.priority, 0x6E0001FFu);
  EXPECT_EQ(message.ice_controlling, 0x1122334455667788u);
  EXPECT_FALSE(message.ice_controlled);
  EXPECT_TRUE(message.use_candidate);
  EXPECT_TRUE(message.has_fingerprint);
  EXPECT_TRUE(message.fingerprint_valid);
  EXPECT_TRUE(message.verify_integrity(key, toy_hmac));
  EXPECT_FALSE(message.verify_integrity(from_text("passwore"), toy_hmac));
}

// [STUN-2] [STUN-4]
TEST(Stun, AnyFlippedBitIsSeenByFingerprintOrIntegrity) {
  const Bytes key = from_text("password");
  const Bytes bytes = binding_request(key);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    StunMessage message;
    if (parse_stun(flipped, message) != ParseError::kNone) continue;
    EXPECT_FALSE(message.has_fingerprint && message.fingerprint_valid) << bit;
    const bool after_integrity = bit / 8 >= bytes.size() - 8;
    EXPECT_EQ(message.verify_integrity(key, toy_hmac), after_integrity) << bit;
  }
}

TEST(Stun, ClassAndMethodRoundTripInAllBits) {
  for (uint16_t method = 0; method < 0x1000; ++method) {
    for (uint8_t number = 0; number < 4; ++number) {
      Bytes bytes(kStunHeaderSize);
      const auto message_class = static_cast<StunClass>(number);
      ASSERT_EQ(StunWriter(bytes, message_class, method, kTransaction).finish(), 20u);
      const StunMessage message = parsed(bytes);
      ASSERT_EQ(message.method, method);
      ASSERT_EQ(message.message_class, message_class);
    }
  }
}

// [STUN-5]
TEST(Stun, MappedAddressesRoundTrip) {
  const Bytes key = from_text("password");
  const StunMessage request = parsed(binding_request(key));
  for (const char* ip : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::dead:beef"}) {
    const auto address = base::SocketAddress::parse(ip, 32853);
    std::array<uint8_t, 80> out;
    const size_t size = write_binding_success(request, *address, key, toy_hmac, out);
    const Bytes bytes(out.begin(), out.begin() + static_cast<ptrdiff_t>(size));
    const StunMessage message = parsed(bytes);
    EXPECT_EQ(message.message_class, StunClass::kSuccess);
    EXPECT_EQ(message.transaction_id, kTransaction);
    EXPECT_EQ(message.xor_mapped_address, address);
    EXPECT_TRUE(message.fingerprint_valid);
    EXPECT_TRUE(message.verify_integrity(key, toy_hmac));
  }
}

// [STUN-6]
TEST(Stun, ErrorNamesTheUnknownAttribute) {
  const Bytes key = from_text("password");
  Bytes request(28);
  StunWriter(request, StunClass::kRequest, kStunBinding, kTransaction).priority(1);
  request[21] = 0x77;  // PRIORITY becomes the unknown, required 0x0077
  StunMessage message = parsed(request);
  EXPECT_EQ(message.unknown_required, 0x0077);
  std::array<uint8_t, 128> out;
  const size_t size = write_binding_error(message, kUnknownAttribute, key, toy_hmac, out);
  const Bytes bytes(out.begin(), out.begin() + static_cast<ptrdiff_t>(size));
  const StunMessage answer = parsed(bytes);
  EXPECT_EQ(answer.message_class, StunClass::kError);
  EXPECT_EQ(answer.error_code, 420);
  EXPECT_TRUE(answer.verify_integrity(key, toy_hmac));
  EXPECT_NE(testing_support::to_hex(bytes).find("000a000200770000"), std::string::npos);
}

// [STUN-3]
TEST(Stun, IgnoresWhatFollowsIntegrityAndRepetitions) {
  Bytes bytes(200);
  const Bytes key = from_text("key");
  bytes.resize(StunWriter(bytes, StunClass::kRequest, kStunBinding, kTransaction)
                   .username("first")
                   .username("second")
                   .integrity(key, toy_hmac)
                   .use_candidate()
                   .fingerprint()
                   .finish());
  const StunMessage message = parsed(bytes);
  EXPECT_EQ(message.username, "first");
  EXPECT_FALSE(message.use_candidate);
  EXPECT_TRUE(message.verify_integrity(key, toy_hmac));
}

// [STUN-4]
TEST(Stun, RefusesAnAttributeAfterFingerprint) {
  Bytes bytes(200);
  bytes.resize(StunWriter(bytes, StunClass::kRequest, kStunBinding, kTransaction)
                   .fingerprint()
                   .use_candidate()
                   .finish());
  StunMessage message;
  EXPECT_EQ(parse_stun(bytes, message), ParseError::kBadValue);
}

// [STUN-1]
TEST(Stun, RefusesMalformedHeaders) {
  const Bytes good = binding_request(from_text("key"));
  StunMessage message;
  for (size_t size = 0; size < kStunHeaderSize; ++size) {
    EXPECT_EQ(parse_stun(std::span(good).first(size), message), ParseError::kTruncated);
  }
  Bytes longer = good;
  longer.resize(good.size() + 4);
  EXPECT_EQ(parse_stun(longer, message), ParseError::kBadLength);
  EXPECT_EQ(parse_stun(Bytes(kMaxStunSize + 1), message), ParseError::kBadLength);
  Bytes cookie = good;
  cookie[4] ^= 1;
  EXPECT_EQ(parse_stun(cookie, message), ParseError::kBadVersion);
  Bytes top_bits = good;
  top_bits[0] |= 0x40;
  EXPECT_EQ(parse_stun(top_bits, message), ParseError::kBadVersion);
  Bytes odd = good;
  odd[3] ^= 1;
  EXPECT_EQ(parse_stun(odd, message), ParseError::kBadLength);
}

TEST(Stun, RefusesAttributesOfImpossibleSize) {
  for (const char* attribute :
       {"0024000300000000", "8029000411223344", "802a000411223344", "002500040000000000000000",
        "0020000400010000", "00200008000300002112a442", "0009000400000900", "00090003000004ff",
        "0008000411223344", "8028000211220000", "0006000912345678"}) {
    Bytes bytes(kStunHeaderSize);
    StunWriter(bytes, StunClass::kRequest, kStunBinding, kTransaction).finish();
    const Bytes value = testing_support::from_hex(attribute);
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes[3] = static_cast<uint8_t>(value.size());
    StunMessage message;
    EXPECT_NE(parse_stun(bytes, message), ParseError::kNone) << attribute;
  }
}

// [WIRE-2]
TEST(Stun, WriterReturnsZeroWithoutRoom) {
  const Bytes key = from_text("password");
  const StunMessage request = parsed(binding_request(key));
  const auto address = *base::SocketAddress::parse("192.0.2.1", 1);
  Bytes out(64);
  for (size_t room = 0; room < out.size(); ++room) {
    EXPECT_EQ(write_binding_success(request, address, key, toy_hmac, std::span(out).first(room)),
              0u);
  }
  EXPECT_EQ(write_binding_success(request, address, key, toy_hmac, out), out.size());
}

}  // namespace
}  // namespace wire
