#include "forward/vp9_rewriter.h"

#include <gtest/gtest.h>

#include <array>

namespace forward {
namespace {

wire::Vp9Descriptor descriptor(uint16_t id, uint8_t tl0, bool wide = true) {
  wire::Vp9Descriptor made;
  made.picture_id = id;
  made.long_picture_id = wide;
  made.has_layer_indices = true;
  made.tl0_pic_idx = tl0;
  return made;
}

struct Ids {
  uint16_t picture = 0;
  uint8_t tl0 = 0;
  bool operator==(const Ids&) const = default;
};

class Vp9RewriterTest : public testing::Test {
 protected:
  Ids give(const wire::Vp9Descriptor& made) {
    std::array<uint8_t, wire::kMaxVp9HeadSize + 1> out{};
    const size_t size = rewriter_.rewrite(made, out);
    if (size == 0) return {*made.picture_id, *made.tl0_pic_idx};
    wire::Vp9Descriptor again;
    EXPECT_EQ(wire::parse_vp9(std::span(out).first(size + 1), again), wire::ParseError::kNone);
    EXPECT_TRUE(again.long_picture_id);
    return {*again.picture_id, *again.tl0_pic_idx};
  }

  Vp9Rewriter rewriter_;
};

// [VP9-1]
TEST_F(Vp9RewriterTest, TheFirstEpochIsUntouched) {
  rewriter_.begin_epoch(descriptor(500, 9));
  std::array<uint8_t, wire::kMaxVp9HeadSize> out{};
  EXPECT_EQ(rewriter_.rewrite(descriptor(500, 9), out), 0u);
  EXPECT_EQ(rewriter_.rewrite(descriptor(502, 9), out), 0u);
}

// [VP9-1] [VP9-2]
TEST_F(Vp9RewriterTest, ANewEpochContinuesAndKeepsDistances) {
  rewriter_.begin_epoch(descriptor(0x7ffe, 254));
  give(descriptor(0x7ffe, 254));
  give(descriptor(0x7fff, 255));
  rewriter_.begin_epoch(descriptor(77, 3));
  EXPECT_EQ(give(descriptor(77, 3)), (Ids{0, 0}));
  EXPECT_EQ(give(descriptor(80, 4)), (Ids{3, 1})) << "never compacted";
  EXPECT_EQ(give(descriptor(79, 3)), (Ids{2, 0})) << "late";
  EXPECT_EQ(give(descriptor(81, 5)), (Ids{4, 2}));
}

// [VP9-1]
TEST_F(Vp9RewriterTest, ShortIdsAreWidened) {
  rewriter_.begin_epoch(descriptor(126, 0, false));
  EXPECT_EQ(give(descriptor(126, 0, false)).picture, 126);
  EXPECT_EQ(give(descriptor(127, 0, false)).picture, 127);
  EXPECT_EQ(give(descriptor(0, 0, false)).picture, 128);
  EXPECT_EQ(give(descriptor(1025, 0, true)).picture, 129) << "E24: the lower bits tell";
}

}  // namespace
}  // namespace forward
