#include "wire/rtcp_extended_report.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {

constexpr uint8_t kReceiverReferenceTime = 4;
constexpr uint8_t kDlrr = 5;
constexpr size_t kReportHeaderSize = 4;
constexpr size_t kReferenceTimeSize = 8;
constexpr size_t kDlrrSize = 12;

void read_report(uint8_t type, base::ByteReader contents, ExtendedReport& report) {
  const size_t size = contents.remaining();
  if (type == kReceiverReferenceTime && size >= kReferenceTimeSize && !report.reference_ntp_time) {
    report.reference_ntp_time = contents.u64();
  } else if (type == kDlrr && size >= kDlrrSize && !report.delay) {
    const uint32_t ssrc = contents.u32();
    const uint32_t last_rr = contents.u32();
    report.delay = DelaySinceLastRr{ssrc, last_rr, contents.u32()};
  }
}

void write_report_header(base::ByteWriter& writer, uint8_t type, size_t size) {
  writer.u8(type);
  writer.u8(0);
  writer.u16(static_cast<uint16_t>(size / 4));
}

}  // namespace

ParseError parse_extended_report(const RtcpBlock& block, ExtendedReport& report) {
  report = ExtendedReport();
  base::ByteReader reader(block.body);
  report.sender_ssrc = reader.u32();
  while (reader.remaining() > 0) {
    const uint8_t type = reader.u8();
    reader.skip(1);
    const size_t size = size_t{4} * reader.u16();
    const std::span<const uint8_t> contents = reader.bytes(size);
    if (reader.ok()) read_report(type, base::ByteReader(contents), report);
  }
  return reader.ok() ? ParseError::kNone : ParseError::kTruncated;
}

size_t write_extended_report(const ExtendedReport& report, std::span<uint8_t> out) {
  size_t size = kRtcpHeaderSize + 4;
  if (report.reference_ntp_time) size += kReportHeaderSize + kReferenceTimeSize;
  if (report.delay) size += kReportHeaderSize + kDlrrSize;
  if (size == kRtcpHeaderSize + 4) return 0;
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kExtendedReport, 0, size);
  writer.u32(report.sender_ssrc);
  if (report.reference_ntp_time) {
    write_report_header(writer, kReceiverReferenceTime, kReferenceTimeSize);
    writer.u64(*report.reference_ntp_time);
  }
  if (report.delay) {
    write_report_header(writer, kDlrr, kDlrrSize);
    writer.u32(report.delay->ssrc);
    writer.u32(report.delay->last_rr);
    writer.u32(report.delay->delay_since_last_rr);
  }
  return writer.finish();
}

}  // namespace wire
