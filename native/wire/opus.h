// Opus packets (RFC 6716 §3.1), as far as forwarding needs them.
//
//  0 1 2 3 4 5 6 7
// +-+-+-+-+-+-+-+-+
// | config  |s| c |   TOC byte
// +-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>
#include <span>

namespace wire {

// True for what an encoder sends in discontinuous transmission: a TOC byte whose frames are all
// empty (RFC 6716 §3.2.1; `payload` without RTP padding). Code 3 packets never count.
constexpr bool is_opus_dtx(std::span<const uint8_t> payload) {
  if (payload.empty() || payload.size() > 2) return false;
  const uint8_t code = payload[0] & 0x03;
  if (code == 0 || code == 1) return payload.size() == 1;
  return code == 2 && (payload.size() == 1 || payload[1] == 0);
}

}  // namespace wire
