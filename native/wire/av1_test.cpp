#include "wire/av1.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"

namespace wire {
namespace {

using testing_support::from_hex;

Av1Payload parsed(const char* hex) {
  Av1Payload payload;
  EXPECT_EQ(parse_av1(from_hex(hex), payload), ParseError::kNone) << hex;
  return payload;
}

ParseError error_of(const char* hex) {
  Av1Payload payload;
  return parse_av1(from_hex(hex), payload);
}

// [AV1-1] [AV1-2]
TEST(Av1, ReadsAKeyFrame) {
  // W = 2, N: a sequence header of 2 bytes, then a frame without length.
  const Av1Payload payload = parsed("28 02 0a0b 32aabb");
  EXPECT_EQ(payload.obu_elements, 2);
  EXPECT_TRUE(payload.new_sequence);
  EXPECT_TRUE(payload.has_sequence_header);
  EXPECT_TRUE(payload.key_frame());
}

// [AV1-1]
TEST(Av1, ReadsFragments) {
  const Av1Payload payload = parsed("d0 0a0b");
  EXPECT_TRUE(payload.continues_previous);
  EXPECT_TRUE(payload.continues_in_next);
  EXPECT_FALSE(payload.has_sequence_header) << "the bytes only look like one";
  EXPECT_FALSE(payload.key_frame());
}

// [AV1-1]
TEST(Av1, ReadsElementsWithLengths) {
  EXPECT_EQ(parsed("00 01 32 02 32aa 8100 32").obu_elements, 3);
}

// [AV1-1] [AV1-2]
TEST(Av1, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of(""), ParseError::kTruncated);
  EXPECT_EQ(error_of("10"), ParseError::kTruncated);
  EXPECT_EQ(error_of("00 05 32"), ParseError::kBadLength);
  EXPECT_EQ(error_of("30 01 32 01 32"), ParseError::kBadLength);
  EXPECT_EQ(error_of("00 80"), ParseError::kBadLength);
  EXPECT_EQ(error_of("00 808080808080808080 01"), ParseError::kBadLength);
  EXPECT_EQ(error_of("00 ffffffffffffff7f 01"), ParseError::kBadLength);
  EXPECT_EQ(error_of("98 0a"), ParseError::kBadValue);
}

}  // namespace
}  // namespace wire
