// What the generator sends: VP8 frames and Opus packets that carry their number, the time they left
// and a pattern that belongs to the number, so that a receiver can say what became of them.
//
//   VP8 descriptor (picture id, TL0PICIDX, TID) ‖ 10 bytes of VP8 frame header ‖ stamp ‖ pattern
//   Opus TOC (CELT, 20 ms)                                                    ‖ stamp ‖ pattern
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace load {

inline constexpr uint8_t kVideoPayloadType = 96;
inline constexpr uint8_t kVideoRtxPayloadType = 97;
inline constexpr uint8_t kAudioPayloadType = 111;

struct MediaStamp {
  uint64_t number = 0;  // of the packet in its stream, from 0
  int64_t sent_ns = 0;  // CLOCK_REALTIME
};

struct VideoPosition {
  uint16_t picture = 0;
  uint16_t width = 1280;  // as a key frame says
  uint16_t height = 720;
  bool first_of_frame = false;
  bool key_frame = false;
};

// The part of a payload before the pattern; at most kMaxMediaHead bytes.
inline constexpr size_t kMaxMediaHead = 48;
size_t write_video_head(const VideoPosition& position, const MediaStamp& stamp,
                        std::span<uint8_t> out);
size_t write_audio_head(const MediaStamp& stamp, std::span<uint8_t> out);

// `size` bytes (at most 2000) that belong to a packet's number.
std::span<const uint8_t> pattern_of(uint64_t number, size_t size);

// The stamp of a payload, whose descriptor may have been rewritten on the way. nullopt when stamp
// or pattern are not what was sent.
std::optional<MediaStamp> verify_media(std::span<const uint8_t> payload, uint8_t payload_type);

}  // namespace load
