// Which protocol a datagram on a media port belongs to.
//
//             +----------------+
//             |        [0..3] -+--> STUN
//             |      [20..63] -+--> DTLS
// packet -->  |    [128..191] -+--> RTP/RTCP    (RFC 7983 §7)
//             |       others  -+--> drop
//             +----------------+
//
// RTP and RTCP on one port differ in the second byte: 192..223 is RTCP (RFC 5761 §4), which is why
// RTP payload types 64..95 cannot be negotiated.
#pragma once

#include <cstdint>
#include <span>

namespace wire {

enum class PacketKind : uint8_t { kUnknown, kStun, kDtls, kRtp, kRtcp };

// Looks at the first two bytes only; what it names may still be malformed.
constexpr PacketKind classify(std::span<const uint8_t> datagram) {
  if (datagram.size() < 2) return PacketKind::kUnknown;
  const uint8_t first = datagram[0];
  if (first <= 3) return PacketKind::kStun;
  if (first >= 20 && first <= 63) return PacketKind::kDtls;
  if (first < 128 || first > 191) return PacketKind::kUnknown;
  const uint8_t second = datagram[1];
  return second >= 192 && second <= 223 ? PacketKind::kRtcp : PacketKind::kRtp;
}

}  // namespace wire
