// The few bytes of a packet that SRTP must understand before it may trust any of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"

namespace srtp {

inline constexpr size_t kRtpFixedHeader = 12;
inline constexpr size_t kRtcpHeader = 8;  // first packet's header and sender SSRC: stays in clear
inline constexpr size_t kRtcpIndexWord = 4;
inline constexpr uint32_t kRtcpEncryptedFlag = 0x80000000;

// Length of the RTP header with CSRCs and extension (RFC 3550 §5.1, §5.3.1): the part SRTP leaves
// in clear. 0 when `packet` is shorter than that or not version 2.
inline size_t rtp_header_size(std::span<const uint8_t> packet) {
  if (packet.size() < kRtpFixedHeader || packet[0] >> 6 != 2) return 0;
  size_t size = kRtpFixedHeader + 4 * static_cast<size_t>(packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < size + 4) return 0;
    size += 4 + 4 * static_cast<size_t>(base::load_u16(packet.data() + size + 2));
  }
  return packet.size() < size ? 0 : size;
}

}  // namespace srtp
