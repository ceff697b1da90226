// Extended reports, PT 207 (RFC 3611): the two blocks that let a receiver of media measure RTT.
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|reserved |   PT=XR=207   |             length            |
// |                              SSRC                             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      BT       | type-specific |         block length          |  blocks
//
// BT 4, receiver reference time (§4.4): NTP time, 8 bytes.
// BT 5, DLRR (§4.5): per source SSRC, last RR, delay since last RR, 4 bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

// One DLRR sub-block. last_rr: middle 32 bits of the RRTR's NTP time; delay in 1/65 536 s.
struct DelaySinceLastRr {
  uint32_t ssrc = 0;
  uint32_t last_rr = 0;
  uint32_t delay_since_last_rr = 0;

  bool operator==(const DelaySinceLastRr&) const = default;
};

struct ExtendedReport {
  uint32_t sender_ssrc = 0;
  std::optional<uint64_t> reference_ntp_time;  // of the first RRTR block
  std::optional<DelaySinceLastRr> delay;       // first sub-block of the first DLRR block

  bool operator==(const ExtendedReport&) const = default;
};

// Other block types are skipped.
ParseError parse_extended_report(const RtcpBlock& block, ExtendedReport& report);
// Returns the packet's size, 0 when it does not fit or there is nothing to say.
size_t write_extended_report(const ExtendedReport& report, std::span<uint8_t> out);

}  // namespace wire
