#include "wire/rtcp_report_block.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace wire {

namespace {

constexpr int32_t kMaxCumulativeLost = 0x7FFFFF;

int32_t sign_extend_24(uint32_t value) { return static_cast<int32_t>(value << 8) >> 8; }

}  // namespace

ReportBlock read_report_block(std::span<const uint8_t, kReportBlockSize> at) {
  return {.ssrc = base::load_u32(&at[0]),
          .fraction_lost = at[4],
          .cumulative_lost = sign_extend_24(base::load_u24(&at[5])),
          .extended_highest_sequence = base::load_u32(&at[8]),
          .jitter = base::load_u32(&at[12]),
          .last_sr = base::load_u32(&at[16]),
          .delay_since_last_sr = base::load_u32(&at[20])};
}

void write_report_block(const ReportBlock& block, base::ByteWriter& writer) {
  const int32_t lost =
      std::clamp(block.cumulative_lost, -kMaxCumulativeLost - 1, kMaxCumulativeLost);
  writer.u32(block.ssrc);
  writer.u8(block.fraction_lost);
  writer.u24(static_cast<uint32_t>(lost) & 0xFFFFFF);
  writer.u32(block.extended_highest_sequence);
  writer.u32(block.jitter);
  writer.u32(block.last_sr);
  writer.u32(block.delay_since_last_sr);
}

}  // namespace wire
