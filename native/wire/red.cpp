#include "wire/red.h"

#include "base/byte_reader.h"

namespace wire {

namespace {

constexpr uint8_t kFollowed = 0x80;
constexpr uint8_t kPayloadTypeMask = 0x7f;
constexpr unsigned kLengthBits = 10;

}  // namespace

ParseError parse_red(std::span<const uint8_t> payload, RedPayload& red) {
  red.count = 0;
  base::ByteReader in(payload);
  for (bool followed = true; followed;) {
    if (red.count == kMaxRedBlocks) return ParseError::kTooMany;
    const uint8_t first = in.u8();
    followed = (first & kFollowed) != 0;
    const uint32_t rest = followed ? in.u24() : 0;
    red.blocks[red.count++] = {static_cast<uint8_t>(first & kPayloadTypeMask),
                               static_cast<uint16_t>(rest >> kLengthBits), 0,
                               static_cast<uint16_t>(rest & kMaxRedLength)};
    if (!in.ok()) return ParseError::kTruncated;
  }
  for (size_t i = 0; i + 1 < red.count; ++i) {
    red.blocks[i].offset = static_cast<uint16_t>(in.position());
    in.skip(red.blocks[i].size);
  }
  if (!in.ok()) return ParseError::kBadLength;
  red.blocks[red.count - 1].offset = static_cast<uint16_t>(in.position());
  red.blocks[red.count - 1].size = static_cast<uint16_t>(in.remaining());
  return ParseError::kNone;
}

size_t write_red_header(std::span<const RedBlock> blocks, std::span<uint8_t> out) {
  if (blocks.empty()) return 0;
  const std::span<const RedBlock> redundant = blocks.first(blocks.size() - 1);
  const size_t size = redundant.size() * kRedBlockHeader + kRedPrimaryHeader;
  if (size > out.size()) return 0;
  uint8_t* at = out.data();
  for (const RedBlock& block : redundant) {
    if (block.timestamp_offset > kMaxRedOffset || block.size > kMaxRedLength) return 0;
    const uint32_t rest = uint32_t{block.timestamp_offset} << kLengthBits | block.size;
    *at++ = static_cast<uint8_t>(kFollowed | block.payload_type);
    *at++ = static_cast<uint8_t>(rest >> 16);
    *at++ = static_cast<uint8_t>(rest >> 8);
    *at++ = static_cast<uint8_t>(rest);
  }
  *at = blocks.back().payload_type & kPayloadTypeMask;
  return size;
}

}  // namespace wire
