#include "wire/red.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;

// One redundant block of 3 bytes, 960 ticks before, then a primary of 2: 960 << 10 | 3 = 0x0f0003.
const Bytes kTwoBlocks = from_hex("ef0f00036fa1a2a3b1b2");

// [RED-1]
TEST(Red, ReadsBlocksOldestFirst) {
  RedPayload red;
  ASSERT_EQ(parse_red(kTwoBlocks, red), ParseError::kNone);
  ASSERT_EQ(red.count, 2u);
  EXPECT_EQ(red.redundant()[0].payload_type, 111);
  EXPECT_EQ(red.redundant()[0].timestamp_offset, 960);
  EXPECT_EQ(red.redundant()[0].offset, 5);
  EXPECT_EQ(red.redundant()[0].size, 3);
  EXPECT_EQ(red.primary().payload_type, 111);
  EXPECT_EQ(red.primary().offset, 8);
  EXPECT_EQ(red.primary().size, 2);
}

// [RED-1]
TEST(Red, ReadsAPrimaryAlone) {
  RedPayload red;
  ASSERT_EQ(parse_red(from_hex("6f78"), red), ParseError::kNone);
  EXPECT_TRUE(red.redundant().empty());
  EXPECT_EQ(red.primary().size, 1);
  ASSERT_EQ(parse_red(from_hex("6f"), red), ParseError::kNone);
  EXPECT_EQ(red.primary().size, 0);
}

// [RED-2] [WIRE-1]
TEST(Red, RefusesWhatDoesNotFit) {
  RedPayload red;
  EXPECT_EQ(parse_red({}, red), ParseError::kTruncated);
  for (size_t size = 1; size < 5; ++size) {
    EXPECT_EQ(parse_red(std::span(kTwoBlocks).first(size), red), ParseError::kTruncated) << size;
  }
  EXPECT_EQ(parse_red(std::span(kTwoBlocks).first(7), red), ParseError::kBadLength);
  Bytes many;
  for (size_t i = 0; i < kMaxRedBlocks; ++i) many.insert(many.end(), {0xef, 0, 0, 0});
  many.push_back(0x6f);
  EXPECT_EQ(parse_red(many, red), ParseError::kTooMany);
}

// [WIRE-2] [RED-3]
TEST(Red, WritesWhatItReads) {
  RedPayload red;
  ASSERT_EQ(parse_red(kTwoBlocks, red), ParseError::kNone);
  Bytes out(5);
  ASSERT_EQ(write_red_header({red.blocks.data(), red.count}, out), 5u);
  EXPECT_EQ(out, Bytes(kTwoBlocks.begin(), kTwoBlocks.begin() + 5));
  EXPECT_EQ(write_red_header({red.blocks.data(), red.count}, std::span(out).first(4)), 0u);
  red.blocks[0].timestamp_offset = kMaxRedOffset + 1;
  EXPECT_EQ(write_red_header({red.blocks.data(), red.count}, out), 0u);
  red.blocks[0].timestamp_offset = kMaxRedOffset;
  red.blocks[0].size = kMaxRedLength + 1;
  EXPECT_EQ(write_red_header({red.blocks.data(), red.count}, out), 0u);
}

}  // namespace
}  // namespace wire
