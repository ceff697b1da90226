#include "wire/rtcp_sender_report.h"

#include "base/byte_reader.h"

namespace wire {

namespace {
constexpr size_t kSenderFixedSize = 24;
}

ParseError parse_sender_report(const RtcpBlock& block, SenderReport& report, ReportBlocks& blocks) {
  const size_t blocks_size = block.count * kReportBlockSize;
  if (block.body.size() < kSenderFixedSize + blocks_size) return ParseError::kTruncated;
  base::ByteReader reader(block.body);
  report.ssrc = reader.u32();
  report.ntp_time = reader.u64();
  report.rtp_timestamp = reader.u32();
  report.packet_count = reader.u32();
  report.octet_count = reader.u32();
  blocks = ReportBlocks(reader.bytes(blocks_size));
  return ParseError::kNone;
}

size_t write_sender_report(const SenderReport& report, std::span<const ReportBlock> blocks,
                           std::span<uint8_t> out) {
  if (blocks.size() > kMaxReportBlocks) return 0;
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kSenderReport, static_cast<uint8_t>(blocks.size()),
                    kRtcpHeaderSize + kSenderFixedSize + blocks.size() * kReportBlockSize);
  writer.u32(report.ssrc);
  writer.u64(report.ntp_time);
  writer.u32(report.rtp_timestamp);
  writer.u32(report.packet_count);
  writer.u32(report.octet_count);
  for (const ReportBlock& block : blocks) write_report_block(block, writer);
  return writer.finish();
}

}  // namespace wire
