#include "base/unwrapper.h"

#include <gtest/gtest.h>

namespace base {
namespace {

// Starts around every edge of the counter: each property must hold from all of them.
constexpr uint16_t kStarts[] = {0,      1,      2,      0x7F,   0xFF,   0x100,  0x7FFE, 0x7FFF,
                                0x8000, 0x8001, 0xBFFF, 0xC000, 0xFF00, 0xFFFD, 0xFFFE, 0xFFFF};

TEST(Unwrapper, FirstValueStandsForItself) {
  for (const uint16_t start : kStarts) {
    SequenceUnwrapper unwrapper;
    EXPECT_FALSE(unwrapper.started());
    EXPECT_EQ(unwrapper.unwrap(start), start);
    EXPECT_TRUE(unwrapper.started());
  }
}

TEST(Unwrapper, CountsOnThroughManyWraps) {
  for (const uint16_t start : kStarts) {
    SequenceUnwrapper unwrapper;
    for (int64_t value = start; value < start + 5 * 65536; value += 1021) {
      ASSERT_EQ(unwrapper.unwrap(static_cast<uint16_t>(value)), value);
    }
  }
}

TEST(Unwrapper, GoesBackThroughManyWraps) {
  for (const uint16_t start : kStarts) {
    SequenceUnwrapper unwrapper;
    for (int64_t value = start; value > start - 5 * 65536; value -= 1021) {
      ASSERT_EQ(unwrapper.unwrap(static_cast<uint16_t>(value)), value);
    }
  }
}

TEST(Unwrapper, TakesTheNearestAndHalfACycleAsBackwards) {
  for (const uint16_t start : kStarts) {
    for (const int64_t step : {0x7FFF, 0x7FFE, 1, 0, -1, -0x7FFF, -0x8000}) {
      SequenceUnwrapper unwrapper;
      unwrapper.unwrap(start);
      EXPECT_EQ(unwrapper.unwrap(static_cast<uint16_t>(start + step)), start + step);
    }
  }
}

TEST(Unwrapper, PeekChangesNothing) {
  SequenceUnwrapper unwrapper;
  unwrapper.unwrap(0xFFFF);
  EXPECT_EQ(unwrapper.peek(3), 0x10003);
  EXPECT_EQ(unwrapper.last(), 0xFFFF);
  EXPECT_EQ(unwrapper.peek(0xFFFE), 0xFFFE);
}

TEST(Unwrapper, ServesOtherWidths) {
  Unwrapper<uint16_t, 15> picture_id;
  picture_id.unwrap(0x7FFF);
  EXPECT_EQ(picture_id.unwrap(0), 0x8000);
  EXPECT_EQ(picture_id.unwrap(0x7FFE), 0x7FFE);
  Unwrapper<uint8_t> tl0_pic_idx;
  tl0_pic_idx.unwrap(255);
  EXPECT_EQ(tl0_pic_idx.unwrap(0), 256);
  Unwrapper<uint32_t, 24> reference_time;
  reference_time.unwrap(0xFFFFFF);
  EXPECT_EQ(reference_time.unwrap(1), 0x1000001);
  TimestampUnwrapper timestamp;
  timestamp.unwrap(0xFFFFFFFF);
  EXPECT_EQ(timestamp.unwrap(0), int64_t{1} << 32);
  EXPECT_EQ(timestamp.unwrap(0xFFFFFF00), 0xFFFFFF00);
}

TEST(Unwrapper, ResetForgets) {
  SequenceUnwrapper unwrapper;
  unwrapper.unwrap(0xFFFF);
  unwrapper.unwrap(0);
  unwrapper.reset();
  EXPECT_EQ(unwrapper.unwrap(5), 5);
}

}  // namespace
}  // namespace base
