// VP9 payload descriptor (RFC 9628 §4.2).
//
//        0 1 2 3 4 5 6 7
//       +-+-+-+-+-+-+-+-+
//       |I|P|L|F|B|E|V|Z| (REQUIRED)
//       +-+-+-+-+-+-+-+-+
// I:    |M| PICTURE ID  | (REQUIRED when flexible; 7 bits, or 15 with M = 1)
//       +-+-+-+-+-+-+-+-+
// L:    | TID |U| SID |D| (CONDITIONALLY RECOMMENDED)
//       +-+-+-+-+-+-+-+-+
//       |   TL0PICIDX   | (non-flexible mode)
//       +-+-+-+-+-+-+-+-+
// P,F:  | P_DIFF      |N| (flexible mode, up to 3 times)
//       +-+-+-+-+-+-+-+-+
// V:    | SS            | scalability structure
//       +-+-+-+-+-+-+-+-+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/parse_error.h"
#include "wire/video_size.h"

namespace wire {

// Flags, picture id of 15 bits, layer indices, TL0PICIDX: what write_vp9_head makes at most.
inline constexpr size_t kMaxVp9HeadSize = 5;
// Spatial layers whose size is kept; encoders make 3 at most.
inline constexpr size_t kVp9SizedLayers = 3;

struct Vp9Descriptor {
  std::optional<uint16_t> picture_id;
  std::optional<uint8_t> tl0_pic_idx;
  std::array<uint8_t, 3> reference_diffs{};        // P_DIFF, `reference_count` of them
  std::array<VideoSize, kVp9SizedLayers> sizes{};  // of the structure, lowest layer first
  uint8_t reference_count = 0;
  uint8_t temporal_id = 0;     // 0 to 7; 0 without layer indices
  uint8_t spatial_id = 0;      // 0 to 7; 0 without layer indices
  uint8_t spatial_layers = 0;  // N_S + 1 of the scalability structure; 0 = none in this packet
  uint16_t size = 0;           // bytes of the descriptor
  uint8_t head_size = 0;       // of them, those before the reference diffs and the structure
  bool long_picture_id = false;
  bool has_layer_indices = false;          // L
  bool flexible = false;                   // F
  bool inter_predicted = false;            // P: depends on earlier pictures
  bool inter_layer_predicted = false;      // D: depends on the spatial layer below
  bool switching_up = false;               // U
  bool start_of_frame = false;             // B
  bool end_of_frame = false;               // E
  bool not_upper_layer_reference = false;  // Z

  // First packet of a frame from which decoding can begin.
  bool key_frame() const {
    return start_of_frame && !inter_predicted && spatial_id == 0 && !inter_layer_predicted;
  }
};

ParseError parse_vp9(std::span<const uint8_t> payload, Vp9Descriptor& descriptor);

// Writes what comes before the reference diffs and the structure, which stay as they are: flags,
// picture id, layer indices and TL0PICIDX. Returns its size; 0 when it does not fit.
size_t write_vp9_head(const Vp9Descriptor& descriptor, std::span<uint8_t> out);

}  // namespace wire
