// The pulse of a link between two nodes: an APP packet, PT 204 (RFC 3550 §6.7), alone in its
// datagram (RFC 5506). Its subtype says whether the sender hears the other end.
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P| subtype |   PT=APP=204  |           length = 2          |
// |                           SSRC of sender                      |
// |      'P'      |      'L'      |      'N'      |      'K'      |
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/rtcp.h"

namespace wire {

struct LinkPulse {
  uint32_t sender_ssrc = 0;
  bool hears = false;

  bool operator==(const LinkPulse&) const = default;
};

inline constexpr size_t kLinkPulseSize = 12;

// nullopt when it is some other APP packet, or a subtype that is not known.
std::optional<LinkPulse> parse_link_pulse(const RtcpBlock& block);
// Returns kLinkPulseSize, or 0 when it does not fit.
size_t write_link_pulse(const LinkPulse& pulse, std::span<uint8_t> out);

}  // namespace wire
