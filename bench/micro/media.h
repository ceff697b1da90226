// Packets as the stages of the way see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace micro {

// RTP packets of 1200 bytes: 12 of header, 8 of an extension block with the MID.
inline constexpr size_t kPayload = 1180;

// A VP8 payload: descriptor with a 15-bit picture id, the first byte of the frame, anything.
inline std::vector<uint8_t> vp8_payload(uint16_t picture, bool first_of_frame, bool key) {
  std::vector<uint8_t> payload(kPayload, 0x5a);
  payload[0] = first_of_frame ? 0x90 : 0x80;
  payload[1] = 0x80;
  payload[2] = static_cast<uint8_t>(0x80 | (picture >> 8 & 0x7f));
  payload[3] = static_cast<uint8_t>(picture);
  payload[4] = key ? 0x00 : 0x01;
  return payload;
}

}  // namespace micro
