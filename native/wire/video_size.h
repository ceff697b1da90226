// The size of the picture, where a key frame says it at its start: the VP8 frame header (RFC 6386
// §9.1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace wire {

// Pixels; 0 = not known.
struct VideoSize {
  uint16_t width = 0;
  uint16_t height = 0;

  bool operator==(const VideoSize&) const = default;
};

// `frame`: the first bytes of a key frame, without the payload descriptor.
std::optional<VideoSize> read_vp8_size(std::span<const uint8_t> frame);

}  // namespace wire
