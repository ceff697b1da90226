#include "wire/framing.h"

#include <gtest/gtest.h>

#include <vector>

namespace wire {
namespace {

using Bytes = std::vector<uint8_t>;

void append_frame(Bytes& stream, size_t size, uint8_t value) {
  for (const uint8_t byte : frame_header(size)) stream.push_back(byte);
  stream.insert(stream.end(), size, value);
}

// Feeds the stream in pieces of `piece` bytes.
std::vector<Bytes> read_all(const Bytes& stream, size_t piece, FrameStep& last) {
  FrameReader reader;
  std::vector<Bytes> frames;
  last = FrameStep::kMore;
  for (size_t at = 0; at < stream.size(); at += piece) {
    auto rest = std::span(stream).subspan(at, std::min(piece, stream.size() - at));
    std::span<const uint8_t> frame;
    while ((last = reader.next(rest, frame)) == FrameStep::kFrame) {
      frames.emplace_back(frame.begin(), frame.end());
    }
    if (last == FrameStep::kBroken) break;
    EXPECT_TRUE(rest.empty());
  }
  return frames;
}

TEST(WireFraming, AnySplitGivesTheSameFrames_FRAME_1) {
  Bytes stream;
  std::vector<Bytes> expected;
  const size_t sizes[] = {1, 20, 1200, 0, 2, kMaxFrameSize, 255, 256};
  uint8_t value = 0;
  for (const size_t size : sizes) {
    append_frame(stream, size, ++value);
    if (size > 0) expected.emplace_back(size, value);
  }
  for (size_t piece = 1; piece <= stream.size(); piece += piece < 300 ? 1 : 97) {
    FrameStep last;
    ASSERT_EQ(read_all(stream, piece, last), expected) << "pieces of " << piece;
    ASSERT_EQ(last, FrameStep::kMore);
  }
}

TEST(WireFraming, WholeFramesAreNotCopied_FRAME_1) {
  Bytes stream;
  append_frame(stream, 100, 7);
  FrameReader reader;
  std::span<const uint8_t> rest = stream;
  std::span<const uint8_t> frame;
  ASSERT_EQ(reader.next(rest, frame), FrameStep::kFrame);
  EXPECT_EQ(frame.data(), stream.data() + kFrameHeaderSize);
}

TEST(WireFraming, ALongerFrameBreaksTheStreamForGood_FRAME_2) {
  for (const size_t piece : {1, 2, 3, 5000}) {
    Bytes stream;
    append_frame(stream, 10, 1);
    append_frame(stream, kMaxFrameSize + 1, 2);
    FrameStep last;
    EXPECT_EQ(read_all(stream, piece, last).size(), 1u);
    EXPECT_EQ(last, FrameStep::kBroken);
  }
  FrameReader reader;
  const Bytes header = {0xff, 0xff};
  for (int i = 0; i < 2; ++i) {
    std::span<const uint8_t> rest = header;
    std::span<const uint8_t> frame;
    EXPECT_EQ(reader.next(rest, frame), FrameStep::kBroken);
  }
}

TEST(WireFraming, EmptyFramesArePassedOver_FRAME_3) {
  Bytes stream(2000, 0);
  FrameStep last;
  EXPECT_TRUE(read_all(stream, 7, last).empty());
  append_frame(stream, 3, 9);
  EXPECT_EQ(read_all(stream, 7, last).size(), 1u);
}

}  // namespace
}  // namespace wire
