#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "engine/contract.gen.h"
#include "engine/driver.h"

namespace engine {
namespace {

constexpr Handle kPublication{.index = 70000, .generation = 513, .shard = 31};

// `command` as JavaScript would have encoded it, read back.
template <class T>
bool round_trip(const T& message, std::vector<uint8_t>& bytes, T& out) {
  bytes.clear();
  append_frame(bytes, message);
  ContractReader in(bytes);
  Frame frame;
  return decode(in, frame) && in.empty() && frame.type == static_cast<uint16_t>(T::kType) &&
         decode_fields(frame.fields, out);
}

TEST(Contract, CommandWithStringsAndListsComesBackAsItWas) {
  const std::array codecs = {Codec{.payload_type = 96,
                                   .codec = CodecKind::kVp8,
                                   .clock_rate = 90000,
                                   .rtx_payload_type = 97,
                                   .nack = true}};
  const std::array encodings = {Encoding{"hi", 1, 2}, Encoding{"", 0xffffffff, 0}};
  PublicationCreateCommand command;
  command.publication = kPublication;
  command.kind = MediaKind::kVideo;
  command.mid = "1";
  command.codecs = List<Codec>(codecs);
  command.encodings = List<Encoding>(encodings);

  std::vector<uint8_t> bytes;
  PublicationCreateCommand read;
  ASSERT_TRUE(round_trip(command, bytes, read));
  EXPECT_EQ(read.publication, kPublication);
  EXPECT_EQ(read.kind, MediaKind::kVideo);
  EXPECT_EQ(read.mid, "1");
  ASSERT_EQ(read.codecs.size(), 1u);
  EXPECT_EQ(read.codecs.begin()->codec, CodecKind::kVp8);
  EXPECT_TRUE(read.codecs.begin()->nack);
  std::vector<std::string> rids;
  for (const Encoding& encoding : read.encodings) rids.emplace_back(encoding.rid);
  EXPECT_EQ(rids, (std::vector<std::string>{"hi", ""}));
}

TEST(Contract, EveryCutIsRefused) {
  const std::array encodings = {Encoding{"hi", 1, 2}};
  PublicationCreateCommand command;
  command.encodings = List<Encoding>(encodings);
  std::vector<uint8_t> bytes;
  append_frame(bytes, command);
  const auto fields = std::span(bytes).subspan(6);
  for (size_t size = 0; size < fields.size(); ++size) {
    PublicationCreateCommand read;
    EXPECT_FALSE(decode_fields(fields.first(size), read)) << size;
  }
}

TEST(Contract, RefusesWhatIsNoChoiceNoBooleanOrTooLong) {
  std::vector<uint8_t> bytes;
  append_frame(bytes, PublicationSetCommand{kPublication, true});
  std::vector<uint8_t> fields(bytes.begin() + 6, bytes.end());
  PublicationSetCommand read;
  EXPECT_TRUE(decode_fields(fields, read));
  fields.back() = 2;
  EXPECT_FALSE(decode_fields(fields, read));
  fields.back() = 1;
  fields.push_back(0);
  EXPECT_FALSE(decode_fields(fields, read));

  MediaKind kind{};
  const std::array<uint8_t, 1> beyond = {kMediaKindCount};
  ContractReader in(beyond);
  EXPECT_FALSE(decode(in, kind));
}

TEST(Contract, HandleIsOneExactNumber) {
  EXPECT_EQ(kPublication.to_number(), 70000 + 513 * 4294967296.0 + 31 * 281474976710656.0);
  EXPECT_TRUE(Handle{}.is_none());
}

TEST(Contract, BatchHasExactlyTheFramesItAnnounces) {
  std::vector<uint8_t> bytes;
  ContractWriter out(bytes);
  encode(out, BatchHead{7, 2});
  append_frame(bytes, RoomCloseCommand{kPublication});
  EXPECT_FALSE(is_batch(bytes));
  append_frame(bytes, RoomCloseCommand{kPublication});
  EXPECT_TRUE(is_batch(bytes));
  bytes.push_back(0);
  EXPECT_FALSE(is_batch(bytes));
  EXPECT_FALSE(is_batch({}));
}

}  // namespace
}  // namespace engine
