// What was negotiated for one track: payload types and what each of them carries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wire/codec_kind.h"

namespace transport {

inline constexpr uint8_t kNoPayloadType = 255;

struct Codec {
  uint8_t payload_type = kNoPayloadType;
  wire::CodecKind kind = wire::CodecKind::kUnknown;
  uint32_t clock_rate = 90000;  // Hz, > 0
  uint8_t channels = 0;
  uint8_t rtx_payload_type = kNoPayloadType;
  // Interned by the owner: codecs of equal format can be forwarded into each other.
  uint16_t format = 0;
  bool nack = false;
  bool pli = false;
  bool fir = false;
  bool transport_cc = false;
};

// The codec of a payload type; nullptr when it is not negotiated (RTX types are not codecs).
inline const Codec* find_codec(std::span<const Codec> codecs, uint8_t payload_type) {
  for (const Codec& codec : codecs) {
    if (codec.payload_type == payload_type) return &codec;
  }
  return nullptr;
}

// The codec that an RTX payload type repairs (RFC 4588 §8.1: apt); nullptr when there is none.
inline const Codec* find_repaired_codec(std::span<const Codec> codecs, uint8_t payload_type) {
  for (const Codec& codec : codecs) {
    if (codec.rtx_payload_type == payload_type) return &codec;
  }
  return nullptr;
}

}  // namespace transport
