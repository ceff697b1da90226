// RTP data packets (RFC 3550 §5.1).
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           timestamp                           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           synchronization source (SSRC) identifier            |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |      contributing source (CSRC) identifiers, 0 to 15 words    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      defined by profile       |   length (words), if X = 1    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                  header extension, then payload               |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"
#include "wire/parse_error.h"
#include "wire/rtp_extensions.h"

namespace wire {

inline constexpr size_t kRtpFixedHeaderSize = 12;

// Of a packet, encrypted or not; it has at least a whole fixed header.
inline uint32_t ssrc_of(std::span<const uint8_t> packet) {
  return base::load_u32(packet.data() + 8);
}

// A packet parsed once; it refers to the caller's bytes and is valid as long as they are.
struct RtpView {
  const uint8_t* bytes = nullptr;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint16_t sequence = 0;
  uint16_t extension_profile = 0;  // 0 when there is no extension block
  uint16_t extension_offset = 0;   // of the block's contents, after its 4-byte header
  uint16_t extension_size = 0;     // contents only, a multiple of 4
  uint16_t payload_offset = 0;     // also the size of the whole header
  uint16_t payload_size = 0;       // without padding
  uint8_t payload_type = 0;        // 7 bits
  uint8_t csrc_count = 0;          // 0 to 15
  uint8_t padding_size = 0;        // including the count byte
  bool marker = false;

  std::span<const uint8_t> payload() const { return {bytes + payload_offset, payload_size}; }
  ExtensionBlock extensions() const {
    return {extension_profile, {bytes + extension_offset, extension_size}};
  }
};

// Parses header and padding of a plaintext packet of at most 65 535 bytes. On an error `view` is
// not to be used. A payload may be empty, and a packet may be all padding (probes).
ParseError parse_rtp(std::span<const uint8_t> packet, RtpView& view);

// The same for a packet whose payload is still encrypted: padding cannot be read yet, and
// everything after the header counts as payload.
ParseError parse_rtp_header(std::span<const uint8_t> packet, RtpView& view);

// What is written into a fixed header. No CSRCs are written: a forwarder is no mixer.
struct RtpHeader {
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint16_t sequence = 0;
  uint8_t payload_type = 0;
  bool marker = false;
  bool padding = false;  // the P bit: the caller appends the padding, its last byte the count
};

// Writes the kRtpFixedHeaderSize bytes alone. `has_extensions`: a block follows.
void write_fixed_header(const RtpHeader& header, bool has_extensions, uint8_t* out);

// Writes the header and an extension block for `elements` (none when empty; the one-byte form
// unless an id > 14 or a value of 0 or > 16 bytes needs the two-byte form, RFC 8285 §4.2, §4.3).
// Returns the header's size, a multiple of 4, or 0 when `out` is too small or an id is invalid.
size_t write_rtp_header(const RtpHeader& header, std::span<const ExtensionElement> elements,
                        std::span<uint8_t> out);

}  // namespace wire
