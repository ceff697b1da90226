#include "wire/rtp_extensions.h"

#include <gtest/gtest.h>

#include "base/byte_reader.h"
#include "testing/bytes.h"
#include "testing/seeded_random.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;
using testing_support::to_hex;

// "id:hex id:hex …" of a block's elements.
std::string walk(uint16_t profile, const Bytes& contents) {
  std::string text;
  ExtensionReader reader(profile, contents);
  for (ExtensionElement element; reader.next(element);) {
    text += std::to_string(element.id) + ":" + to_hex(element.value) + " ";
  }
  return text;
}

// [EXT-1]
TEST(Extensions, ReadsOneByteElementsAroundPadding) {
  EXPECT_EQ(walk(kOneByteProfile, from_hex("00 10aa 00 21bbcc e0dd 0000")), "1:aa 2:bbcc 14:dd ");
}

// [EXT-1]
TEST(Extensions, ReadsTwoByteElementsAroundPadding) {
  EXPECT_EQ(walk(0x1005, from_hex("00 0f01aa 00 1000 ff02bbcc 00")), "15:aa 16: 255:bbcc ");
}

// [EXT-2]
TEST(Extensions, StopsWhereItMust) {
  EXPECT_EQ(walk(kOneByteProfile, from_hex("10aa f0bb 20cc")), "1:aa ");
  EXPECT_EQ(walk(kOneByteProfile, from_hex("10aa 01bbbb 20cc")), "1:aa ");
  EXPECT_EQ(walk(kOneByteProfile, from_hex("10aa 2fbbcc")), "1:aa ");
  EXPECT_EQ(walk(kTwoByteProfile, from_hex("0101aa 0204bb")), "1:aa ");
  EXPECT_EQ(walk(kTwoByteProfile, from_hex("0101aa 02")), "1:aa ");
  EXPECT_EQ(walk(0x1234, from_hex("10aa")), "");
}

// [EXT-3]
TEST(Extensions, ChoosesTheFormAndPads) {
  const Bytes one{0xAA};
  const Bytes sixteen(16, 0xBB);
  const Bytes seventeen(17, 0xCC);
  const auto write = [](std::vector<ExtensionElement> elements) {
    Bytes out(64);
    out.resize(write_extensions(elements, out));
    EXPECT_EQ(out.size(), extensions_size(elements));
    return to_hex(out);
  };
  EXPECT_EQ(write({{1, one}}), "bede000110aa0000");
  EXPECT_EQ(write({{14, sixteen}}), "bede0005ef" + to_hex(sixteen) + "000000");
  EXPECT_EQ(write({{16, one}}), "100000011001aa00");
  EXPECT_EQ(write({{1, {}}, {2, one}}), "1000000201000201aa000000");
  EXPECT_EQ(write({{1, seventeen}}), "100000050111" + to_hex(seventeen) + "00");
  EXPECT_EQ(write({}), "");
}

TEST(Extensions, WriterRefusesWhatCannotBe) {
  Bytes out(512);
  const Bytes one{0xAA};
  const Bytes too_long(256);
  const ExtensionElement zero{0, one};
  const ExtensionElement fifteen{15, one};
  const ExtensionElement big{1, too_long};
  const ExtensionElement good{1, one};
  EXPECT_EQ(write_extensions({&zero, 1}, out), 0u);
  EXPECT_EQ(write_extensions({&fifteen, 1}, out), 0u);
  EXPECT_EQ(write_extensions({&big, 1}, out), 0u);
  EXPECT_EQ(write_extensions({&good, 1}, std::span(out).first(7)), 0u);
}

// [WIRE-2]
TEST(Extensions, RandomBlocksRoundTrip) {
  testing_support::SeededRandom random(3);
  for (int round = 0; round < 2000; ++round) {
    const bool two_byte = random.chance(50);
    std::vector<Bytes> values(1 + random.below(6));
    std::vector<ExtensionElement> elements;
    for (Bytes& value : values) {
      value.resize(two_byte ? random.below(40) : 1 + random.below(16));
      random.fill(value);
      elements.push_back({static_cast<uint8_t>(1 + random.below(14)), value});
    }
    Bytes out(512);
    out.resize(write_extensions(elements, out));
    const Bytes contents(out.begin() + 4, out.end());
    std::string expected;
    for (const ExtensionElement& element : elements) {
      expected += std::to_string(element.id) + ":" + to_hex(element.value) + " ";
    }
    ASSERT_EQ(walk(base::load_u16(out.data()), contents), expected);
    ASSERT_EQ(base::load_u16(&out[2]) * 4u, contents.size());
  }
}

// [EXT-4]
TEST(ExtensionMap, IsOneToOne) {
  ExtensionMap map;
  EXPECT_TRUE(map.add(3, ExtensionKind::kMid));
  EXPECT_TRUE(map.add(255, ExtensionKind::kTransportCc));
  EXPECT_FALSE(map.add(3, ExtensionKind::kRid));
  EXPECT_FALSE(map.add(4, ExtensionKind::kMid));
  EXPECT_FALSE(map.add(0, ExtensionKind::kRid));
  EXPECT_FALSE(map.add(15, ExtensionKind::kRid));
  EXPECT_FALSE(map.add(5, static_cast<ExtensionKind>(kExtensionKinds)));
  EXPECT_EQ(map.id_of(ExtensionKind::kMid), 3);
  EXPECT_EQ(map.id_of(ExtensionKind::kRid), 0);
  EXPECT_EQ(map.kind_of(255), ExtensionKind::kTransportCc);
  EXPECT_FALSE(map.kind_of(4));
}

TEST(ExtensionValues, AudioLevelRoundTrips) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::array<uint8_t, 1> value{static_cast<uint8_t>(byte)};
    const auto level = read_audio_level(value);
    ASSERT_TRUE(level);
    EXPECT_EQ(level->voice, byte >= 128);
    EXPECT_EQ(level->level, byte % 128);
    EXPECT_EQ(write_audio_level(*level), value);
  }
  EXPECT_FALSE(read_audio_level({}));
}

TEST(ExtensionValues, TransportSequenceRoundTrips) {
  EXPECT_EQ(read_transport_sequence(write_transport_sequence(0xFFFE)), 0xFFFE);
  EXPECT_FALSE(read_transport_sequence(from_hex("00")));
  EXPECT_FALSE(read_transport_sequence(from_hex("00010203")));
}

TEST(ExtensionValues, AbsSendTimeWrapsAfter64Seconds) {
  EXPECT_EQ(to_hex(write_abs_send_time(0)), "000000");
  EXPECT_EQ(to_hex(write_abs_send_time(1'000'000)), "040000");
  EXPECT_EQ(to_hex(write_abs_send_time(500'000)), "020000");
  EXPECT_EQ(to_hex(write_abs_send_time(63'999'999)), "ffffff");
  EXPECT_EQ(to_hex(write_abs_send_time(64'000'000)), "000000");
  EXPECT_EQ(to_hex(write_abs_send_time(-1'000'000)), "fc0000");
}

}  // namespace
}  // namespace wire
