#include "transport/plain_path.h"

#include <gtest/gtest.h>

#include <vector>

namespace transport {
namespace {

using Bytes = std::vector<uint8_t>;

base::FiveTuple path_from(uint16_t port) {
  return {*base::SocketAddress::parse("192.0.2.1", 40000),
          *base::SocketAddress::parse("198.51.100.1", port)};
}

Bytes token(uint8_t component, uint8_t secret) {
  Bytes bytes = {'P', 'L', 'N', component, 0, 0, 0, 0, 0, 0, 1, 2};
  bytes.resize(wire::kPlainTokenSize, secret);
  return bytes;
}

PlainPath learning() {
  PlainPathConfig config;
  config.secret.emplace().fill(7);
  return PlainPath(config);
}

TokenVerdict handle(PlainPath& path, const Bytes& datagram, uint16_t port) {
  return path.handle_token(*wire::parse_plain_token(datagram), path_from(port));
}

TEST(WirePlainToken, IsReadWholeOrNotAtAll_PLAIN_1) {
  const Bytes good = token(2, 9);
  const auto parsed = wire::parse_plain_token(good);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->component, wire::PlainComponent::kRtcp);
  EXPECT_EQ(parsed->id, 0x102u);
  EXPECT_EQ(parsed->secret.size(), wire::kPlainSecretSize);
  EXPECT_EQ(parsed->secret[0], 9);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(wire::parse_plain_token(std::span(good).first(size)));
  }
  EXPECT_FALSE(wire::parse_plain_token(Bytes(45, 'P')));
  for (const uint8_t component : {uint8_t{0}, uint8_t{3}, uint8_t{255}}) {
    EXPECT_FALSE(wire::parse_plain_token(token(component, 9)));
  }
}

TEST(TransportPlainPath, IsLearnedOnceFromWhoeverProvesTheSecret_PLAIN_2) {
  PlainPath path = learning();
  EXPECT_FALSE(path.rtp());
  EXPECT_EQ(handle(path, token(1, 7), 5000), TokenVerdict::kLearned);
  EXPECT_EQ(path.rtp(), path_from(5000));
  EXPECT_EQ(path.rtcp(), path_from(5000));
  EXPECT_EQ(handle(path, token(1, 7), 5000), TokenVerdict::kRepeated);
  // Who has seen the token go by cannot take the stream with it.
  EXPECT_EQ(handle(path, token(1, 7), 6000), TokenVerdict::kRefused);
  EXPECT_EQ(path.rtp(), path_from(5000));
}

TEST(TransportPlainPath, RtcpMayComeFromAnotherPort_PLAIN_2) {
  PlainPath path = learning();
  EXPECT_EQ(handle(path, token(2, 7), 5001), TokenVerdict::kLearned);
  EXPECT_FALSE(path.rtp());
  EXPECT_EQ(handle(path, token(1, 7), 5000), TokenVerdict::kLearned);
  EXPECT_EQ(path.rtp(), path_from(5000));
  EXPECT_EQ(path.rtcp(), path_from(5001));
}

TEST(TransportPlainPath, WrongSecretsEndTheHearing_PLAIN_3) {
  PlainPath path = learning();
  for (size_t i = 1; i < kMaxTokenAttempts; ++i) {
    EXPECT_EQ(handle(path, token(1, 8), 5000), TokenVerdict::kRefused);
  }
  PlainPath other = path;
  EXPECT_EQ(handle(other, token(1, 7), 5000), TokenVerdict::kLearned);
  EXPECT_EQ(handle(path, token(1, 8), 5000), TokenVerdict::kRefused);
  EXPECT_EQ(handle(path, token(1, 7), 5000), TokenVerdict::kRefused);
  EXPECT_FALSE(path.rtp());
}

TEST(TransportPlainPath, AGivenAddressHearsNoToken_PLAIN_4) {
  PlainPathConfig config;
  config.rtp = path_from(5000);
  PlainPath path(config);
  EXPECT_EQ(handle(path, token(1, 0), 6000), TokenVerdict::kRefused);
  EXPECT_EQ(path.rtp(), path_from(5000));
}

}  // namespace
}  // namespace transport
