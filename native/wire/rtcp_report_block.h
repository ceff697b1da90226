// The reception report block of SR and RR (RFC 3550 §6.4.1).
//
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |                    SSRC of the reported source                |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | fraction lost |       cumulative number of packets lost       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           extended highest sequence number received           |
// |                      interarrival jitter                      |
// |                         last SR (LSR)                         |
// |                   delay since last SR (DLSR)                  |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_writer.h"

namespace wire {

inline constexpr size_t kReportBlockSize = 24;
inline constexpr size_t kMaxReportBlocks = 31;

struct ReportBlock {
  uint32_t ssrc = 0;
  uint8_t fraction_lost = 0;               // of 256, since the previous report
  int32_t cumulative_lost = 0;             // 24 bits, signed: duplicates may make it negative
  uint32_t extended_highest_sequence = 0;  // cycles × 65 536 + sequence number
  uint32_t jitter = 0;                     // timestamp units
  uint32_t last_sr = 0;                    // middle 32 bits of the SR's NTP time; 0 = none yet
  uint32_t delay_since_last_sr = 0;        // 1/65 536 s

  bool operator==(const ReportBlock&) const = default;
};

// `at` holds kReportBlockSize bytes.
ReportBlock read_report_block(std::span<const uint8_t, kReportBlockSize> at);
// cumulative_lost is clamped to 24 bits.
void write_report_block(const ReportBlock& block, base::ByteWriter& writer);

// The blocks of a parsed SR or RR, decoded on access.
class ReportBlocks {
 public:
  ReportBlocks() = default;
  explicit ReportBlocks(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size() / kReportBlockSize; }
  ReportBlock operator[](size_t index) const {
    return read_report_block(bytes_.subspan(index * kReportBlockSize).first<kReportBlockSize>());
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace wire
