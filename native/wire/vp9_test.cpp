#include "wire/vp9.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;

Vp9Descriptor parsed(const Bytes& payload) {
  Vp9Descriptor descriptor;
  EXPECT_EQ(parse_vp9(payload, descriptor), ParseError::kNone);
  return descriptor;
}

ParseError error_of(const Bytes& payload) {
  Vp9Descriptor descriptor;
  return parse_vp9(payload, descriptor);
}

// [VP9-1]
TEST(Vp9, ReadsNonFlexibleMode) {
  // I L B, 15-bit picture id, T1 U S2 D, TL0PICIDX.
  const Vp9Descriptor descriptor = parsed(from_hex("a8 8123 35 ff 00"));
  EXPECT_EQ(descriptor.picture_id, 0x123);
  EXPECT_TRUE(descriptor.long_picture_id);
  EXPECT_TRUE(descriptor.has_layer_indices);
  EXPECT_EQ(descriptor.temporal_id, 1);
  EXPECT_EQ(descriptor.spatial_id, 2);
  EXPECT_TRUE(descriptor.switching_up);
  EXPECT_TRUE(descriptor.inter_layer_predicted);
  EXPECT_EQ(descriptor.tl0_pic_idx, 0xFF);
  EXPECT_TRUE(descriptor.start_of_frame);
  EXPECT_FALSE(descriptor.end_of_frame);
  EXPECT_EQ(descriptor.size, 5);
}

// [VP9-1]
TEST(Vp9, ReadsFlexibleMode) {
  // I P L F E, 7-bit picture id, T0 S0, three references.
  const Vp9Descriptor descriptor = parsed(from_hex("f4 7f 00 03 05 fe 00"));
  EXPECT_TRUE(descriptor.flexible);
  EXPECT_TRUE(descriptor.end_of_frame);
  EXPECT_EQ(descriptor.picture_id, 0x7F);
  EXPECT_FALSE(descriptor.tl0_pic_idx);
  EXPECT_EQ(descriptor.reference_count, 3);
  EXPECT_EQ(descriptor.reference_diffs, (std::array<uint8_t, 3>{1, 2, 127}));
  EXPECT_EQ(descriptor.size, 6);
}

// [VP9-1]
TEST(Vp9, RefusesFlexibleModeThatCannotBe) {
  EXPECT_EQ(error_of(from_hex("10 00 00")), ParseError::kBadValue);
  EXPECT_EQ(error_of(from_hex("d0 01 03 05 07 00")), ParseError::kBadValue);
}

// [VP9-2]
TEST(Vp9, SkipsTheScalabilityStructure) {
  // V: 3 layers with resolutions, group of 2 pictures with 1 and 0 references.
  const Vp9Descriptor descriptor =
      parsed(from_hex("0a 58 014000b4 02800168 050002d0 02 0401 00 49"));
  EXPECT_EQ(descriptor.spatial_layers, 3);
  EXPECT_EQ(descriptor.sizes, (std::array<VideoSize, 3>{{{320, 180}, {640, 360}, {1280, 720}}}));
  EXPECT_EQ(descriptor.size, 18);
  EXPECT_TRUE(descriptor.key_frame());
  EXPECT_EQ(parsed(from_hex("02 00 49")).spatial_layers, 1);
}

// [VP9-2]
TEST(Vp9, ReadsTheLargestStructure) {
  Bytes payload = from_hex("02 f8");
  payload.resize(payload.size() + size_t{8} * 4);
  payload.push_back(255);
  for (int i = 0; i < 255; ++i) {
    const Bytes picture = from_hex("0c 010203");
    payload.insert(payload.end(), picture.begin(), picture.end());
  }
  const size_t size = payload.size();
  EXPECT_EQ(error_of(payload), ParseError::kTruncated);
  payload.push_back(0x49);
  EXPECT_EQ(parsed(payload).size, size);
  EXPECT_EQ(parsed(payload).spatial_layers, 8);
}

// [VP9-3] [WIRE-2]
TEST(Vp9, TheHeadIsWrittenAsItWasRead) {
  for (const char* hex : {"a8 8123 35 ff 00", "f4 7f 00 03 05 fe 00", "e9 7f 35 01 00", "08 49",
                          "0a 58 014000b4 02800168 050002d0 02 0401 00 49", "b8 8001 24 49"}) {
    const Bytes payload = from_hex(hex);
    const Vp9Descriptor descriptor = parsed(payload);
    std::array<uint8_t, kMaxVp9HeadSize> out{};
    ASSERT_EQ(write_vp9_head(descriptor, out), descriptor.head_size) << hex;
    EXPECT_TRUE(std::equal(out.begin(), out.begin() + descriptor.head_size, payload.begin()))
        << hex;
  }
}

TEST(Vp9, KeyFrameIsTheFirstPacketOfAnIntraBaseFrame) {
  EXPECT_TRUE(parsed(from_hex("88 01 00")).key_frame());
  EXPECT_FALSE(parsed(from_hex("80 01 00")).key_frame());
  EXPECT_FALSE(parsed(from_hex("c8 01 00")).key_frame());
  EXPECT_FALSE(parsed(from_hex("a8 01 03 00 00")).key_frame());
}

// [WIRE-1]
TEST(Vp9, RefusesTruncation) {
  for (const char* hex : {"a8 8123 35 ff 00", "f4 7f 00 03 05 fe 00",
                          "0a 58 014000b4 02800168 050002d0 02 0401 00 49"}) {
    const Bytes payload = from_hex(hex);
    for (size_t size = 0; size < payload.size(); ++size) {
      const Bytes cut(payload.begin(), payload.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_EQ(error_of(cut), ParseError::kTruncated) << hex << " " << size;
    }
  }
}

}  // namespace
}  // namespace wire
