#include "wire/opus.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"

namespace wire {
namespace {

using testing_support::from_hex;

// [OPUS-1]
TEST(Opus, TellsDtxByItsEmptyFrames) {
  EXPECT_TRUE(is_opus_dtx(from_hex("78")));    // code 0, nothing
  EXPECT_TRUE(is_opus_dtx(from_hex("79")));    // code 1, two empty frames
  EXPECT_TRUE(is_opus_dtx(from_hex("7a00")));  // code 2, first of size 0, second empty
  EXPECT_TRUE(is_opus_dtx(from_hex("7a")));
  EXPECT_FALSE(is_opus_dtx(from_hex("7800")));
  EXPECT_FALSE(is_opus_dtx(from_hex("7a01")));
  EXPECT_FALSE(is_opus_dtx(from_hex("7b")));
  EXPECT_FALSE(is_opus_dtx(from_hex("7b00")));
  EXPECT_FALSE(is_opus_dtx(from_hex("f8fffe")));  // CELT silence
  EXPECT_FALSE(is_opus_dtx({}));
}

}  // namespace
}  // namespace wire
