// RR, PT 201 (RFC 3550 §6.4.2).
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|    RC   |   PT=RR=201   |             length            |
// |                     SSRC of packet sender                     |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |                    RC report blocks                           |
#pragma once

#include <cstdint>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"
#include "wire/rtcp_report_block.h"

namespace wire {

struct ReceiverReport {
  uint32_t sender_ssrc = 0;

  bool operator==(const ReceiverReport&) const = default;
};

ParseError parse_receiver_report(const RtcpBlock& block, ReceiverReport& report,
                                 ReportBlocks& blocks);
// At most 31 blocks. Returns the size of the whole packet, 0 when it does not fit.
size_t write_receiver_report(const ReceiverReport& report, std::span<const ReportBlock> blocks,
                             std::span<uint8_t> out);

}  // namespace wire
