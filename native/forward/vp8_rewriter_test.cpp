#include "forward/vp8_rewriter.h"

#include <gtest/gtest.h>

#include <array>

namespace forward {
namespace {

wire::Vp8Descriptor picture(uint16_t id, uint8_t tl0, uint8_t key, bool long_id = true) {
  wire::Vp8Descriptor descriptor;
  descriptor.picture_id = id;
  descriptor.long_picture_id = long_id;
  descriptor.tl0_pic_idx = tl0;
  descriptor.key_idx = key;
  descriptor.temporal_id = 0;
  descriptor.start_of_partition = true;
  return descriptor;
}

wire::Vp8Descriptor rewritten(Vp8Rewriter& rewriter, const wire::Vp8Descriptor& descriptor) {
  std::array<uint8_t, wire::kMaxVp8DescriptorSize + 1> bytes{};
  const size_t size = rewriter.rewrite(descriptor, bytes);
  if (size == 0) return descriptor;
  wire::Vp8Descriptor parsed;
  EXPECT_EQ(wire::parse_vp8(std::span(bytes).first(size + 1), parsed), wire::ParseError::kNone);
  EXPECT_EQ(parsed.size, size);
  return parsed;
}

TEST(Vp8Rewriter, TheFirstSourceIsUntouched) {
  Vp8Rewriter rewriter;
  rewriter.begin_epoch(picture(100, 5, 3));
  std::array<uint8_t, 8> bytes;
  EXPECT_EQ(rewriter.rewrite(picture(100, 5, 3), bytes), 0u);
}

// [VP8-2]
TEST(Vp8Rewriter, ContinuesBehindTheLastSource) {
  Vp8Rewriter rewriter;
  rewriter.begin_epoch(picture(32767, 255, 31));
  rewritten(rewriter, picture(32767, 255, 31));
  rewriter.begin_epoch(picture(500, 7, 2));
  for (uint16_t i = 0; i < 3; ++i) {
    const auto out = rewritten(
        rewriter, picture(static_cast<uint16_t>(500 + i), static_cast<uint8_t>(7 + i), 2));
    EXPECT_EQ(out.picture_id, i);
    EXPECT_EQ(out.tl0_pic_idx, i);
    EXPECT_EQ(out.key_idx, 0);
    EXPECT_TRUE(out.start_of_partition);
  }
  // A late packet of an earlier picture keeps its id and does not move the end.
  EXPECT_EQ(rewritten(rewriter, picture(501, 8, 2)).picture_id, 1);
  rewriter.begin_epoch(picture(9, 9, 9));
  EXPECT_EQ(rewritten(rewriter, picture(9, 9, 9)).picture_id, 3);
  EXPECT_EQ(rewriter.state().last_tl0_pic_idx, 3);
}

// [VP8-1] E15
TEST(Vp8Rewriter, ShortPictureIdsBecomeLong) {
  Vp8Rewriter rewriter;
  rewriter.begin_epoch(picture(120, 0, 0, false));
  for (int i = 0; i < 400; ++i) {
    const auto out =
        rewritten(rewriter, picture(static_cast<uint16_t>((120 + i) % 128), 0, 0, false));
    ASSERT_TRUE(out.long_picture_id);
    ASSERT_EQ(out.picture_id, 120 + i);
  }
}

// E24
TEST(Vp8Rewriter, AWiderPictureIdInMidStreamContinues) {
  Vp8Rewriter rewriter;
  rewriter.begin_epoch(picture(50, 0, 0, false));
  rewritten(rewriter, picture(50, 0, 0, false));
  EXPECT_EQ(rewritten(rewriter, picture(3000, 0, 0)).picture_id, 51);
  EXPECT_EQ(rewritten(rewriter, picture(3001, 0, 0)).picture_id, 52);
}

// [VP8-3]
TEST(Vp8Rewriter, WithoutFieldsThereIsNothingToRewrite) {
  Vp8Rewriter rewriter;
  rewriter.begin_epoch(picture(50, 4, 4));
  rewritten(rewriter, picture(50, 4, 4));
  wire::Vp8Descriptor bare;
  bare.start_of_partition = true;
  rewriter.begin_epoch(bare);
  std::array<uint8_t, 8> bytes;
  EXPECT_EQ(rewriter.rewrite(bare, bytes), 0u);
  rewriter.begin_epoch(picture(1, 1, 1));
  EXPECT_EQ(rewritten(rewriter, picture(1, 1, 1)).picture_id, 51);
}

// [VP8-2]
TEST(Vp8Rewriter, StateSeedsASuccessor) {
  Vp8Rewriter rewriter;
  rewriter.begin_epoch(picture(77, 4, 4));
  rewritten(rewriter, picture(77, 4, 4));
  Vp8Rewriter successor(rewriter.state());
  successor.begin_epoch(picture(1, 1, 1));
  EXPECT_EQ(rewritten(successor, picture(1, 1, 1)).picture_id, 78);
}

}  // namespace
}  // namespace forward
