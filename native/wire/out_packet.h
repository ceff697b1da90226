// A packet on its way out: the rewritten header as facts, the payload as a reference into the
// received packet. Forwarders make it, pacers hold it, the retransmission history keeps it; its
// header becomes bytes only when it leaves, because two extensions are known no earlier: the
// transport-wide number and the send time (design §6).
//
//   on the wire:  header │ prefix (inline, rewritten) │ payload (shared, untouched)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/packet.h"
#include "base/time.h"
#include "wire/codec_kind.h"
#include "wire/dependency_rewrite.h"
#include "wire/rtp.h"
#include "wire/rtp_extensions.h"

namespace wire {

// Rewritten start of a payload: original sequence number of RTX (2) and a codec's payload
// descriptor. More would make every packet in every history larger.
inline constexpr size_t kMaxPayloadPrefix = 16;
// Extension elements passed through from the publisher; further ones are left out.
inline constexpr size_t kMaxPassedExtensions = 6;
// Longest MID that fits a one-byte header extension and OutPacket; ours have 1 to 3 characters.
inline constexpr size_t kMaxMidSize = 15;
inline constexpr uint8_t kNoPayloadType = 255;
// Upper bound of write_out_header.
inline constexpr size_t kMaxOutHeaderSize = 320;

// A media stream identification (RFC 8843 §15) of at most kMaxMidSize bytes.
class Mid {
 public:
  Mid() = default;
  // A longer one is cut: negotiation never makes such.
  explicit Mid(std::string_view text);

  std::string_view text() const { return {text_.data(), size_}; }
  std::span<const uint8_t> bytes() const {
    return {reinterpret_cast<const uint8_t*>(text_.data()), size_};
  }
  bool empty() const { return size_ == 0; }

 private:
  std::array<char, kMaxMidSize> text_{};
  uint8_t size_ = 0;
};

// An element of the source packet that goes out under another id. At most 16 bytes, so that the
// header keeps the one-byte form.
struct PassedExtension {
  uint8_t id = 0;       // towards the receiver
  uint8_t size = 0;     // bytes of the value
  uint16_t offset = 0;  // of the value in the source packet
};

// The source packet's dependency descriptor as the receiver gets it: what changes, not its bytes.
struct PassedDependency {
  uint8_t id = 0;    // towards the receiver; 0 = withheld
  uint8_t size = 0;  // bytes of the value, at most kMaxPassedDescriptor
  uint16_t offset = 0;
  DependencyRewrite rewrite;
};

// Ids of the elements that we write ourselves, as negotiated with the receiver; 0 = not negotiated.
struct OutExtensionIds {
  uint8_t mid = 0;
  uint8_t transport_cc = 0;
  uint8_t abs_send_time = 0;
};

// A packet of padding alone, as large as libwebrtc makes them: zeros, and their count at the end
// (RFC 3550 §5.1).
inline constexpr size_t kPaddingSize = 224;
inline constexpr std::array<uint8_t, kPaddingSize> kPadding = [] {
  std::array<uint8_t, kPaddingSize> bytes{};
  bytes.back() = kPaddingSize;
  return bytes;
}();

struct OutPacket {
  base::PacketRef source;
  RtpHeader header;
  uint16_t payload_offset = 0;  // of the shared part, in `source`
  uint16_t payload_size = 0;    // of the shared part
  MediaKind kind = MediaKind::kVideo;
  bool is_retransmission = false;
  bool is_padding = false;       // nothing but kPadding, which `payload_size` must say
  bool starts_decoding = false;  // the first packet of a key frame, or any of audio
  uint32_t source_ssrc = 0;      // of the publisher
  // Of the retransmission payload type paired with the header's (apt, RFC 4588 §8.6).
  uint8_t rtx_payload_type = kNoPayloadType;
  uint8_t prefix_size = 0;
  uint8_t passed_count = 0;
  uint8_t resends = 0;  // how often it was asked for and sent again, this time included
  OutExtensionIds ids;
  Mid mid;
  std::array<PassedExtension, kMaxPassedExtensions> passed{};
  PassedDependency dependency;
  std::array<uint8_t, kMaxPayloadPrefix> prefix_bytes{};

  std::span<const uint8_t> prefix() const { return {prefix_bytes.data(), prefix_size}; }
  std::span<const uint8_t> payload() const {
    if (is_padding) return kPadding;
    return std::span<const uint8_t>(source.bytes()).subspan(payload_offset, payload_size);
  }
  // Bytes after the header.
  size_t body_size() const { return size_t{prefix_size} + payload_size; }
};

// The value of abs_send_time: one for all packets that leave at one time.
using SendTime = std::array<uint8_t, 3>;

// Writes the header with every extension. `transport_sequence` and `send_time` go into the elements
// that were negotiated. `out` has kMaxOutHeaderSize bytes. Returns the header's size; 0 when it
// does not fit.
size_t write_out_header(const OutPacket& packet, uint16_t transport_sequence,
                        const SendTime& send_time, std::span<uint8_t> out);

}  // namespace wire
