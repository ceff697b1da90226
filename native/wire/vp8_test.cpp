#include "wire/vp8.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"
#include "testing/seeded_random.h"

namespace wire {
namespace {

using testing_support::from_hex;

Vp8Descriptor parsed(const char* hex) {
  Vp8Descriptor descriptor;
  EXPECT_EQ(parse_vp8(from_hex(hex), descriptor), ParseError::kNone) << hex;
  return descriptor;
}

// [VP8-1]
TEST(Vp8, ReadsTheShortestDescriptor) {
  const Vp8Descriptor descriptor = parsed("10 00");
  EXPECT_EQ(descriptor.size, 1);
  EXPECT_TRUE(descriptor.start_of_frame());
  EXPECT_FALSE(descriptor.picture_id);
  EXPECT_FALSE(descriptor.temporal_id);
}

// [VP8-1]
TEST(Vp8, ReadsTheLongestDescriptor) {
  const Vp8Descriptor descriptor = parsed("b0 f0 ffff 80 7f 01");
  EXPECT_EQ(descriptor.size, 6);
  EXPECT_TRUE(descriptor.non_reference);
  EXPECT_TRUE(descriptor.long_picture_id);
  EXPECT_EQ(descriptor.picture_id, 0x7FFF);
  EXPECT_EQ(descriptor.tl0_pic_idx, 0x80);
  EXPECT_EQ(descriptor.temporal_id, 1);
  EXPECT_TRUE(descriptor.layer_sync);
  EXPECT_EQ(descriptor.key_idx, 31);
}

// [VP8-1]
TEST(Vp8, ReadsAShortPictureId) {
  const Vp8Descriptor descriptor = parsed("80 80 7f 01");
  EXPECT_FALSE(descriptor.long_picture_id);
  EXPECT_EQ(descriptor.picture_id, 0x7F);
  EXPECT_EQ(descriptor.size, 3);
}

// [VP8-2]
TEST(Vp8, KeyFrameOnlyAtTheStartOfPartitionZero) {
  EXPECT_TRUE(parsed("10 00").key_frame);
  EXPECT_FALSE(parsed("10 01").key_frame);
  EXPECT_FALSE(parsed("00 00").key_frame);
  EXPECT_FALSE(parsed("11 00").key_frame);
}

// [VP8-1]
TEST(Vp8, RefusesTruncation) {
  const auto payload = from_hex("90 f0 ffff 80 7f 00");
  for (size_t size = 0; size < payload.size(); ++size) {
    Vp8Descriptor descriptor;
    EXPECT_EQ(parse_vp8(std::span(payload).first(size), descriptor), ParseError::kTruncated);
  }
}

// [WIRE-2]
TEST(Vp8, RandomDescriptorsRoundTrip) {
  testing_support::SeededRandom random(4);
  for (int round = 0; round < 3000; ++round) {
    Vp8Descriptor descriptor;
    descriptor.long_picture_id = random.chance(50);
    descriptor.non_reference = random.chance(50);
    descriptor.start_of_partition = random.chance(50);
    descriptor.partition = static_cast<uint8_t>(random.below(8));
    const uint64_t id_range = descriptor.long_picture_id ? 0x8000 : 0x80;
    if (random.chance(70)) descriptor.picture_id = static_cast<uint16_t>(random.below(id_range));
    descriptor.long_picture_id = descriptor.long_picture_id && descriptor.picture_id;
    if (random.chance(50)) descriptor.tl0_pic_idx = static_cast<uint8_t>(random.below(256));
    if (random.chance(50)) {
      descriptor.temporal_id = static_cast<uint8_t>(random.below(4));
      descriptor.layer_sync = random.chance(50);
    }
    if (random.chance(50)) descriptor.key_idx = static_cast<uint8_t>(random.below(32));
    std::array<uint8_t, kMaxVp8DescriptorSize + 1> payload{};
    const size_t size = write_vp8_descriptor(descriptor, std::span(payload).first(6));
    ASSERT_GT(size, 0u);
    EXPECT_EQ(write_vp8_descriptor(descriptor, std::span(payload).first(size - 1)), 0u);
    write_vp8_descriptor(descriptor, payload);
    payload[size] = 1;  // an inter frame begins
    Vp8Descriptor read;
    ASSERT_EQ(parse_vp8(std::span(payload).first(size + 1), read), ParseError::kNone);
    descriptor.size = static_cast<uint8_t>(size);
    ASSERT_EQ(read, descriptor);
  }
}

}  // namespace
}  // namespace wire
