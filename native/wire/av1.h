// AV1 payload header (AV1 RTP specification §4.4).
//
//  0 1 2 3 4 5 6 7
// +-+-+-+-+-+-+-+-+
// |Z|Y| W |N|-|-|-|   aggregation header
// +-+-+-+-+-+-+-+-+
//
// Z: the first OBU element continues one of the previous packet. Y: the last one goes on in the
// next packet. W: number of OBU elements, 0 = each has a length. N: first packet of a coded video
// sequence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/parse_error.h"

namespace wire {

struct Av1Payload {
  uint16_t obu_elements = 0;        // in this packet
  bool continues_previous = false;  // Z
  bool continues_in_next = false;   // Y
  bool new_sequence = false;        // N
  bool has_sequence_header = false;

  // A new coded video sequence begins here: decoding can start.
  bool key_frame() const { return new_sequence && !continues_previous; }
};

// An element whose length leaves the packet refuses it. The end of a frame is the RTP marker's.
ParseError parse_av1(std::span<const uint8_t> payload, Av1Payload& parsed);

}  // namespace wire
