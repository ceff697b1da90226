#include "wire/rtcp_fir.h"

#include "base/byte_writer.h"

namespace wire {

namespace {
constexpr size_t kFirFixedSize = 8;
constexpr size_t kEntrySize = 8;
}  // namespace

ParseError parse_fir(const RtcpBlock& block, uint32_t& sender_ssrc, FirEntries& entries) {
  if (block.body.size() < kFirFixedSize + kEntrySize) return ParseError::kTruncated;
  if (block.body.size() % kEntrySize != 0) return ParseError::kBadLength;
  sender_ssrc = base::load_u32(block.body.data());
  entries = FirEntries(block.body.subspan(kFirFixedSize));
  return ParseError::kNone;
}

size_t write_fir(uint32_t sender_ssrc, std::span<const FirEntry> entries, std::span<uint8_t> out) {
  const size_t size = kRtcpHeaderSize + kFirFixedSize + entries.size() * kEntrySize;
  if (entries.empty() || size > out.size()) return 0;
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kPayloadFeedback, kFirFormat, size);
  writer.u32(sender_ssrc);
  writer.u32(0);
  for (const FirEntry& entry : entries) {
    writer.u32(entry.ssrc);
    writer.u8(entry.sequence);
    writer.zeros(3);
  }
  return writer.finish();
}

}  // namespace wire
