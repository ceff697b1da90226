// Picture loss indication, PT 206 FMT 1 (RFC 4585 §6.3.1): no FCI.
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|  FMT=1  |    PT=206     |           length = 2          |
// |                  SSRC of packet sender                        |
// |                  SSRC of media source                         |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

struct Pli {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;

  bool operator==(const Pli&) const = default;
};

ParseError parse_pli(const RtcpBlock& block, Pli& pli);
// Returns 12, or 0 when it does not fit.
size_t write_pli(const Pli& pli, std::span<uint8_t> out);

}  // namespace wire
