// VP8 payload descriptor (RFC 7741 §4.2) and the first byte of the frame (§4.3).
//
//       0 1 2 3 4 5 6 7
//      +-+-+-+-+-+-+-+-+
//      |X|R|N|S|R| PID | (REQUIRED)
//      +-+-+-+-+-+-+-+-+
// X:   |I|L|T|K| RSV   | (OPTIONAL)
//      +-+-+-+-+-+-+-+-+
// I:   |M| PictureID   | (OPTIONAL, 7 bits, or 15 with M = 1)
//      +-+-+-+-+-+-+-+-+
// L:   |   TL0PICIDX   | (OPTIONAL)
//      +-+-+-+-+-+-+-+-+
// T/K: |TID|Y| KEYIDX  | (OPTIONAL)
//      +-+-+-+-+-+-+-+-+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/parse_error.h"

namespace wire {

// Longest descriptor: mandatory byte, extension byte, 2 + 1 + 1 bytes.
inline constexpr size_t kMaxVp8DescriptorSize = 6;

struct Vp8Descriptor {
  std::optional<uint16_t> picture_id;
  std::optional<uint8_t> tl0_pic_idx;
  std::optional<uint8_t> temporal_id;  // 0 to 3
  std::optional<uint8_t> key_idx;      // 0 to 31
  uint8_t partition = 0;               // PID, 0 to 7
  uint8_t size = 0;                    // bytes of the descriptor
  bool long_picture_id = false;        // 15 bits
  bool layer_sync = false;             // Y: depends on the base layer only
  bool non_reference = false;          // N: no other frame depends on it
  bool start_of_partition = false;     // S
  bool key_frame = false;              // known only at the start of the frame

  bool start_of_frame() const { return start_of_partition && partition == 0; }
  bool operator==(const Vp8Descriptor&) const = default;
};

ParseError parse_vp8(std::span<const uint8_t> payload, Vp8Descriptor& descriptor);

// Writes the descriptor's fields (`size` and `key_frame` are ignored). Returns its length, at most
// kMaxVp8DescriptorSize; 0 when it does not fit.
size_t write_vp8_descriptor(const Vp8Descriptor& descriptor, std::span<uint8_t> out);

}  // namespace wire
