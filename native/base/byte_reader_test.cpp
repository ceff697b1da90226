#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <array>

#include "base/byte_writer.h"
#include "base/crc32.h"

namespace base {
namespace {

constexpr std::array<uint8_t, 18> kBytes{1,  2,  3,  4,  5,  6,  7,  8,  9,
                                         10, 11, 12, 13, 14, 15, 16, 17, 18};

TEST(ByteReader, ReadsBigEndian) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u24(), 0x040506u);
  EXPECT_EQ(reader.u32(), 0x0708090Au);
  EXPECT_EQ(reader.u64(), 0x0B0C0D0E0F101112u);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReader, FailsForGoodAtTheFirstReadThatDoesNotFit) {
  ByteReader reader{std::span(kBytes).first(3)};
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReader, ReadsAndSkipsSpans) {
  ByteReader reader(kBytes);
  reader.skip(2);
  EXPECT_EQ(reader.bytes(2)[1], 4);
  EXPECT_EQ(reader.position(), 4u);
  EXPECT_EQ(reader.rest().size(), 14u);
  reader.skip(1);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, SurvivesAnySize) {
  ByteReader reader(kBytes);
  reader.u8();
  reader.skip(SIZE_MAX);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  std::array<uint8_t, 18> out{};
  ByteWriter writer(out);
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u24(0x040506);
  writer.u32(0x0708090A);
  writer.u64(0x0B0C0D0E0F101112);
  EXPECT_EQ(writer.finish(), out.size());
  EXPECT_EQ(out, kBytes);
}

TEST(ByteWriter, FailsForGoodAndWritesNothingThatDoesNotFit) {
  std::array<uint8_t, 3> out{9, 9, 9};
  ByteWriter writer(out);
  writer.u8(1);
  writer.bytes(std::span(kBytes).first(3));
  writer.u8(2);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.finish(), 0u);
  EXPECT_EQ(out, (std::array<uint8_t, 3>{1, 9, 9}));
}

TEST(ByteWriter, PadsWithZeros) {
  std::array<uint8_t, 3> out{9, 9, 9};
  ByteWriter writer(out);
  writer.zeros(2);
  EXPECT_EQ(writer.remaining(), 1u);
  EXPECT_EQ(out, (std::array<uint8_t, 3>{0, 0, 9}));
}

// The check value of the CRC catalogue for "CRC-32/ISO-HDLC".
TEST(Crc32, MatchesTheCatalogue) {
  constexpr std::array<uint8_t, 9> kDigits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  EXPECT_EQ(crc32(kDigits), 0xCBF43926u);
  EXPECT_EQ(crc32({}), 0u);
}

}  // namespace
}  // namespace base
