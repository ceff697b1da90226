#include "wire/rtcp_nack.h"

#include <bit>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {

constexpr size_t kNackFixedSize = 8;
constexpr size_t kItemSize = 4;

// How many of `sequences` one item covers, the first as PID, and the bitmask of the others.
struct Item {
  size_t covered = 1;
  uint16_t bitmask = 0;
};

Item make_item(std::span<const uint16_t> sequences) {
  Item item;
  for (; item.covered < sequences.size(); ++item.covered) {
    const auto distance = static_cast<uint16_t>(sequences[item.covered] - sequences[0]);
    if (distance == 0 || distance > 16) break;
    item.bitmask = static_cast<uint16_t>(item.bitmask | 1 << (distance - 1));
  }
  return item;
}

}  // namespace

bool NackSequences::next(uint16_t& sequence) {
  if (bitmask_ != 0) {
    const int bit = std::countr_zero(bitmask_);
    bitmask_ = static_cast<uint16_t>(bitmask_ & (bitmask_ - 1));
    sequence = static_cast<uint16_t>(pid_ + bit + 1);
    return true;
  }
  if (items_.empty()) return false;
  pid_ = base::load_u16(items_.data());
  bitmask_ = base::load_u16(items_.data() + 2);
  items_ = items_.subspan(kItemSize);
  sequence = pid_;
  return true;
}

ParseError parse_nack(const RtcpBlock& block, Nack& nack, NackSequences& sequences) {
  if (block.body.size() < kNackFixedSize + kItemSize) return ParseError::kTruncated;
  if (block.body.size() % kItemSize != 0) return ParseError::kBadLength;
  nack.sender_ssrc = base::load_u32(&block.body[0]);
  nack.media_ssrc = base::load_u32(&block.body[4]);
  sequences = NackSequences(block.body.subspan(kNackFixedSize));
  return ParseError::kNone;
}

size_t write_nack(const Nack& nack, std::span<const uint16_t> sequences, std::span<uint8_t> out,
                  size_t& taken) {
  taken = 0;
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kTransportFeedback, kNackFormat, kRtcpHeaderSize);
  writer.u32(nack.sender_ssrc);
  writer.u32(nack.media_ssrc);
  while (taken < sequences.size() && writer.remaining() >= kItemSize) {
    const Item item = make_item(sequences.subspan(taken));
    writer.u16(sequences[taken]);
    writer.u16(item.bitmask);
    taken += item.covered;
  }
  if (taken == 0) return 0;
  base::store_u16(&out[2], static_cast<uint16_t>(writer.size() / 4 - 1));
  return writer.finish();
}

}  // namespace wire
