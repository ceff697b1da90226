// H.264 payload structures (RFC 6184 §5.2 to §5.8), as far as frame boundaries and key frames ask.
//
// +---------------+
// |0|1|2|3|4|5|6|7|   F: forbidden, NRI: importance (0 = no other frame refers to it)
// +-+-+-+-+-+-+-+-+   Type: 1..23 single NAL unit, 24 STAP-A, 28 FU-A
// |F|NRI|  Type   |
// +---------------+
//
// FU-A (§5.8) continues with |S|E|R|  Type   |, STAP-A (§5.7.1) with (16-bit size, NAL unit)*.
#pragma once

#include <cstdint>
#include <span>

#include "wire/parse_error.h"

namespace wire {

struct H264Payload {
  uint8_t packet_type = 0;  // of the payload's first byte: 1 to 31
  uint8_t nal_ref_idc = 0;  // the highest in the packet, 0 to 3
  bool has_sps = false;
  bool has_pps = false;
  bool has_idr = false;          // a slice of an IDR picture, fragments included
  bool has_first_slice = false;  // first_mb_in_slice is 0: the picture begins in this packet
  bool start_of_nal = false;     // false in continuing fragments
  bool end_of_nal = false;       // false in fragments with more to come

  // Where decoding can begin: parameter sets precede their IDR picture, or the picture itself.
  bool key_frame() const { return has_sps || (has_idr && start_of_nal && has_first_slice); }
};

// Packetization modes 0 and 1. Interleaved types (25 to 27, 29) and an aggregation whose sizes
// disagree with the bytes are refused.
ParseError parse_h264(std::span<const uint8_t> payload, H264Payload& parsed);

}  // namespace wire
