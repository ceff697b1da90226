#include "wire/rtcp_pli.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {
constexpr size_t kBodySize = 8;
}

ParseError parse_pli(const RtcpBlock& block, Pli& pli) {
  if (block.body.size() < kBodySize) return ParseError::kTruncated;
  pli.sender_ssrc = base::load_u32(&block.body[0]);
  pli.media_ssrc = base::load_u32(&block.body[4]);
  return ParseError::kNone;
}

size_t write_pli(const Pli& pli, std::span<uint8_t> out) {
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kPayloadFeedback, kPliFormat, kRtcpHeaderSize + kBodySize);
  writer.u32(pli.sender_ssrc);
  writer.u32(pli.media_ssrc);
  return writer.finish();
}

}  // namespace wire
