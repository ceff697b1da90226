// SR, PT 200 (RFC 3550 §6.4.1).
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|    RC   |   PT=SR=200   |             length            |
// |                         SSRC of sender                        |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |              NTP timestamp, most significant word             |
// |             NTP timestamp, least significant word             |
// |                         RTP timestamp                         |
// |                     sender's packet count                     |
// |                      sender's octet count                     |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |                    RC report blocks                           |
#pragma once

#include <cstdint>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"
#include "wire/rtcp_report_block.h"

namespace wire {

struct SenderReport {
  uint32_t ssrc = 0;
  uint64_t ntp_time = 0;  // 32.32 fixed-point seconds since 1900
  uint32_t rtp_timestamp = 0;
  uint32_t packet_count = 0;
  uint32_t octet_count = 0;  // payload only

  // The middle 32 bits: what report blocks call LSR.
  uint32_t compact_ntp() const { return static_cast<uint32_t>(ntp_time >> 16); }
  bool operator==(const SenderReport&) const = default;
};

ParseError parse_sender_report(const RtcpBlock& block, SenderReport& report, ReportBlocks& blocks);
// At most 31 blocks. Returns the size of the whole packet, 0 when it does not fit.
size_t write_sender_report(const SenderReport& report, std::span<const ReportBlock> blocks,
                           std::span<uint8_t> out);

}  // namespace wire
