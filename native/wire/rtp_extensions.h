// RTP header extension elements (RFC 8285).
//
// One-byte form, profile 0xBEDE (§4.2):        Two-byte form, profile 0x100 + appbits (§4.3):
//  0                                            0                   1
//  0 1 2 3 4 5 6 7                              0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
// +-+-+-+-+-+-+-+-+---                         +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+---
// |  ID   | len-1 | value                      |      ID       |     len       | value
// +-+-+-+-+-+-+-+-+---                         +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+---
//
// ID 0 is one byte of padding; ID 15 ends a one-byte block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace wire {

inline constexpr uint16_t kOneByteProfile = 0xBEDE;
inline constexpr uint16_t kTwoByteProfile = 0x1000;  // the lowest four bits are free ("appbits")

// What the one-byte form can hold.
inline constexpr uint8_t kMaxOneByteId = 14;
inline constexpr size_t kMaxOneByteValue = 16;

struct ExtensionElement {
  uint8_t id = 0;
  std::span<const uint8_t> value;
};

// Walks the elements of a block in order. Stops early, silently, at an element that does not fit
// (RFC 8285 §4.1.1: what was understood so far stands) and at a profile it does not know.
class ExtensionReader {
 public:
  ExtensionReader(uint16_t profile, std::span<const uint8_t> contents);

  // False at the end; `element` is then untouched.
  bool next(ExtensionElement& element);

 private:
  std::span<const uint8_t> left_;
  bool two_byte_;
};

struct ExtensionBlock {
  uint16_t profile = 0;
  std::span<const uint8_t> contents;

  ExtensionReader elements() const { return {profile, contents}; }
  // The first element with this id; an element may be empty only in the two-byte form.
  std::optional<std::span<const uint8_t>> find(uint8_t id) const;
};

// Size of the block that `write_extensions` makes of these elements, its 4-byte header included;
// 0 for no elements.
size_t extensions_size(std::span<const ExtensionElement> elements);

// Writes a whole block, zero-padded to a multiple of 4 bytes, choosing the form (see
// write_rtp_header). Returns its size; 0 when there are no elements, an id is 0, a value is longer
// than 255 bytes, or `out` is too small.
size_t write_extensions(std::span<const ExtensionElement> elements, std::span<uint8_t> out);

// The header extensions Plenum knows, in the order of the engine's contract.
enum class ExtensionKind : uint8_t {
  kMid,                    // urn:ietf:params:rtp-hdrext:sdes:mid (RFC 8843)
  kRid,                    // urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id (RFC 8852)
  kRepairedRid,            // urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id (RFC 8852)
  kAudioLevel,             // urn:ietf:params:rtp-hdrext:ssrc-audio-level (RFC 6464)
  kAbsSendTime,            // http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  kTransportCc,            // …/draft-holmer-rmcat-transport-wide-cc-extensions-01
  kAbsCaptureTime,         // http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
  kPlayoutDelay,           // http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
  kVideoOrientation,       // urn:3gpp:video-orientation
  kVideoContentType,       // http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
  kVideoTiming,            // http://www.webrtc.org/experiments/rtp-hdrext/video-timing
  kColorSpace,             // http://www.webrtc.org/experiments/rtp-hdrext/color-space
  kDependencyDescriptor,   // https://aomediacodec.github.io/av1-rtp-spec/#dependency-…
  kVideoLayersAllocation,  // http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00
  kTransmissionTimeOffset,  // urn:ietf:params:rtp-hdrext:toffset (RFC 5450)
  kCsrcAudioLevel,          // urn:ietf:params:rtp-hdrext:csrc-audio-level (RFC 6465)
};
inline constexpr size_t kExtensionKinds = 16;

// The negotiated numbers of one direction of a transport: id ↔ kind, both found in O(1).
class ExtensionMap {
 public:
  // Ids are 1 to 255, without 15. False, and no change, for another id or one already taken.
  bool add(uint8_t id, ExtensionKind kind);

  // 0 when the kind is not negotiated.
  uint8_t id_of(ExtensionKind kind) const { return ids_[static_cast<size_t>(kind)]; }
  std::optional<ExtensionKind> kind_of(uint8_t id) const;

 private:
  std::array<uint8_t, kExtensionKinds> ids_{};
  std::array<uint8_t, 256> kinds_{};  // kind + 1; 0 = none
};

// RFC 6464 §3. level: 0 (loudest) to 127 (silence), in -dBov.
struct AudioLevel {
  uint8_t level = 127;
  bool voice = false;
};
std::optional<AudioLevel> read_audio_level(std::span<const uint8_t> value);
std::array<uint8_t, 1> write_audio_level(AudioLevel level);

// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
std::optional<uint16_t> read_transport_sequence(std::span<const uint8_t> value);
std::array<uint8_t, 2> write_transport_sequence(uint16_t sequence);

// 24 bits of 6.18 fixed-point seconds, wrapping every 64 s, of a time in microseconds.
std::array<uint8_t, 3> write_abs_send_time(int64_t time_us);

}  // namespace wire
