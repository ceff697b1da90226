#include "wire/rtcp_receiver_report.h"

#include "base/byte_reader.h"

namespace wire {

namespace {
constexpr size_t kReceiverFixedSize = 4;
}

ParseError parse_receiver_report(const RtcpBlock& block, ReceiverReport& report,
                                 ReportBlocks& blocks) {
  const size_t blocks_size = block.count * kReportBlockSize;
  if (block.body.size() < kReceiverFixedSize + blocks_size) return ParseError::kTruncated;
  report.sender_ssrc = base::load_u32(block.body.data());
  blocks = ReportBlocks(block.body.subspan(kReceiverFixedSize, blocks_size));
  return ParseError::kNone;
}

size_t write_receiver_report(const ReceiverReport& report, std::span<const ReportBlock> blocks,
                             std::span<uint8_t> out) {
  if (blocks.size() > kMaxReportBlocks) return 0;
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kReceiverReport, static_cast<uint8_t>(blocks.size()),
                    kRtcpHeaderSize + kReceiverFixedSize + blocks.size() * kReportBlockSize);
  writer.u32(report.sender_ssrc);
  for (const ReportBlock& block : blocks) write_report_block(block, writer);
  return writer.finish();
}

}  // namespace wire
