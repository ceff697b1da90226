#include "forward/dependency_rewriter.h"

#include <gtest/gtest.h>

namespace forward {
namespace {

class DependencyRewriterTest : public testing::Test {
 protected:
  DependencyRewriterTest() {
    structure_.template_id_offset = 10;
    structure_.template_count = 15;
    structure_.decode_targets = 9;
  }

  DependencyFrame frame(int64_t number, bool with_structure) const {
    DependencyFrame made;
    made.number = number;
    made.descriptor.head.has_structure = with_structure;
    made.structure = &structure_;
    return made;
  }

  wire::DependencyStructure structure_;
  DependencyRewriter rewriter_;
};

// [DDR-1]
TEST_F(DependencyRewriterTest, TheFirstEpochKeepsItsNumbers) {
  rewriter_.begin_epoch(frame(700, true));
  const wire::DependencyRewrite first = rewriter_.rewrite(frame(700, true), 0);
  EXPECT_EQ(first.frame_number, 700);
  EXPECT_EQ(first.template_shift, 0);
  EXPECT_EQ(first.active_targets, 0u);
}

// [DDR-1] [DDR-2], E32
TEST_F(DependencyRewriterTest, ANewEpochContinuesWithOtherTemplateIds_E32) {
  rewriter_.begin_epoch(frame(65534, true));
  rewriter_.rewrite(frame(65534, true), 0);
  rewriter_.rewrite(frame(65536, false), 0);
  structure_.template_id_offset = 60;
  rewriter_.begin_epoch(frame(5, true));
  const wire::DependencyRewrite first = rewriter_.rewrite(frame(5, true), 0);
  EXPECT_EQ(first.frame_number, 1);
  EXPECT_EQ((60 + first.template_shift) % 64, 25);
  EXPECT_EQ(rewriter_.rewrite(frame(9, false), 0).frame_number, 5);
  EXPECT_EQ(rewriter_.rewrite(frame(7, false), 0).frame_number, 3) << "late";
  rewriter_.begin_epoch(frame(100, true));
  const wire::DependencyRewrite next = rewriter_.rewrite(frame(100, true), 0);
  EXPECT_EQ(next.frame_number, 6);
  EXPECT_EQ((60 + next.template_shift) % 64, 40);
}

// [DDR-3]
TEST_F(DependencyRewriterTest, TheMaskGoesWhereItsPlaceIs) {
  DependencyFrame made = frame(1, false);
  made.descriptor.mask_position = 29;
  const wire::DependencyRewrite rewrite = rewriter_.rewrite(made, 27);
  EXPECT_EQ(rewrite.active_targets, 27u);
  EXPECT_EQ(rewrite.mask_position, 29);
  EXPECT_EQ(rewrite.decode_targets, 9);
}

}  // namespace
}  // namespace forward
