#include "wire/rtcp.h"

#include "base/byte_reader.h"

namespace wire {

bool RtcpReader::next(RtcpBlock& block) {
  if (left_.empty() || error_ != ParseError::kNone) return false;
  error_ = read(block);
  if (error_ == ParseError::kNone) return true;
  left_ = {};
  return false;
}

ParseError RtcpReader::read(RtcpBlock& block) {
  if (blocks_++ == kMaxRtcpBlocks) return ParseError::kTooMany;
  if (left_.size() < kRtcpHeaderSize) return ParseError::kTruncated;
  if (left_[0] >> 6 != 2) return ParseError::kBadVersion;
  const size_t size = (size_t{1} + base::load_u16(&left_[2])) * 4;
  if (size > left_.size()) return ParseError::kBadLength;
  size_t padding = 0;
  if ((left_[0] & 0x20) != 0) {
    padding = left_[size - 1];
    if (padding == 0 || padding > size - kRtcpHeaderSize) return ParseError::kBadPadding;
  }
  block.type = static_cast<RtcpType>(left_[1]);
  block.count = left_[0] & 0x1F;
  block.body = left_.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize - padding);
  left_ = left_.subspan(size);
  return ParseError::kNone;
}

void write_rtcp_header(base::ByteWriter& writer, RtcpType type, uint8_t count, size_t size,
                       bool padding) {
  writer.u8(static_cast<uint8_t>(0x80 | (padding ? 0x20 : 0) | (count & 0x1F)));
  writer.u8(static_cast<uint8_t>(type));
  writer.u16(static_cast<uint16_t>(size / 4 - 1));
}

}  // namespace wire
