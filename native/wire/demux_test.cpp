#include "wire/demux.h"

#include <gtest/gtest.h>

#include <array>

namespace wire {
namespace {

PacketKind expected_kind(int first, int second) {
  if (first <= 3) return PacketKind::kStun;
  if (first >= 20 && first <= 63) return PacketKind::kDtls;
  if (first >= 128 && first <= 191) {
    return second >= 192 && second <= 223 ? PacketKind::kRtcp : PacketKind::kRtp;
  }
  return PacketKind::kUnknown;
}

// [WIRE-3]
TEST(Demux, ClassifiesEveryPairOfFirstBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::array bytes{static_cast<uint8_t>(first), static_cast<uint8_t>(second)};
      ASSERT_EQ(classify(bytes), expected_kind(first, second)) << first << " " << second;
    }
  }
}

TEST(Demux, KnowsNothingOfAnEmptyOrOneByteDatagram) {
  constexpr std::array<uint8_t, 1> kByte{0x80};
  EXPECT_EQ(classify({}), PacketKind::kUnknown);
  EXPECT_EQ(classify(kByte), PacketKind::kUnknown);
}

}  // namespace
}  // namespace wire
