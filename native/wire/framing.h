// Datagrams on a byte stream, as ICE-TCP carries them (RFC 4571 §2, RFC 6544 §3).
//
//  0                   1
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
// +-------------------------------+
// |            LENGTH             |
// +-------------------------------+
// |     STUN, DTLS, RTP, RTCP …   |
// +-------------------------------+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/packet.h"

namespace wire {

inline constexpr size_t kFrameHeaderSize = 2;
// A longer frame would not fit a packet block: nobody who speaks ICE sends one. Raising it raises
// what every connection holds.
inline constexpr size_t kMaxFrameSize = base::kPacketCapacity;

enum class FrameStep : uint8_t {
  kFrame,   // one is whole
  kMore,    // the stream is used up; what was begun is kept
  kBroken,  // longer than kMaxFrameSize: nothing of this stream can be read any more
};

// The LENGTH of a frame of `size` bytes, at most 65535.
constexpr std::array<uint8_t, kFrameHeaderSize> frame_header(size_t size) {
  return {static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
}

// Finds frames in a stream that arrives in pieces of any size. Holds at most one unfinished frame.
class FrameReader {
 public:
  // Takes bytes off the front of `stream`. With kFrame, `frame` lies in the stream or in the
  // reader, until the next call. Empty frames are passed over.
  FrameStep next(std::span<const uint8_t>& stream, std::span<const uint8_t>& frame);

 private:
  // Moves bytes into the unfinished frame until it has `size`; false while it has fewer.
  bool gather(std::span<const uint8_t>& stream, size_t size);
  size_t length() const;

  std::array<uint8_t, kFrameHeaderSize + kMaxFrameSize> partial_;
  size_t held_ = 0;
};

}  // namespace wire
