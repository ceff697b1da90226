// Receiver estimated maximum bitrate, PT 206 FMT 15 (draft-alvestrand-rmcat-remb-03 §2.2).
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P| FMT=15  |   PT=206      |             length            |
// |                  SSRC of packet sender                        |
// |                  SSRC of media source = 0                     |
// |  Unique identifier 'R' 'E' 'M' 'B'                            |
// |  Num SSRC     | BR Exp    |  BR Mantissa                      |
// |   SSRC feedback, Num SSRC of them                             |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"
#include "wire/rtcp_bye.h"

namespace wire {

struct Remb {
  uint32_t sender_ssrc = 0;
  uint64_t bitrate_bps = 0;  // 18 significant bits; larger than 2^64 - 1 is refused

  bool operator==(const Remb&) const = default;
};

// The streams a REMB speaks of have the layout of BYE's sources.
using RembSources = ByeSources;

// kBadType when the application-layer message is not a REMB.
ParseError parse_remb(const RtcpBlock& block, Remb& remb, RembSources& sources);
// bitrate_bps is rounded down to 18 significant bits. At most 255 sources. Returns the packet's
// size, 0 when it does not fit.
size_t write_remb(const Remb& remb, std::span<const uint32_t> ssrcs, std::span<uint8_t> out);

}  // namespace wire
