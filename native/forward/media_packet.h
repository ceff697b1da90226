// A received packet as every forwarder of its publication sees it: parsed once, described once,
// however many subscribers there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/packet.h"
#include "base/time.h"
#include "wire/codec_kind.h"
#include "wire/dependency_descriptor.h"
#include "wire/rtp.h"
#include "wire/rtp_extensions.h"
#include "wire/video_size.h"
#include "wire/vp8.h"
#include "wire/vp9.h"

namespace forward {

// One numbering of sequence numbers and timestamps: a received SSRC between two restarts.
struct Source {
  uint32_t ssrc = 0;
  uint32_t generation = 0;

  bool operator==(const Source&) const = default;
};

// Where the packet stands in its source: what rtp::InboundStream found out.
struct SourcePosition {
  Source source;
  int64_t sequence = 0;   // unwrapped
  int64_t timestamp = 0;  // unwrapped, `clock_rate` ticks a second
  uint32_t clock_rate = 90000;
  bool newest = true;  // no packet with a higher number came before
  base::Instant arrived_at;
  std::optional<base::Instant> captured_at =
      std::nullopt;  // in our time; known from sender reports
};

struct PayloadFormat {
  wire::CodecKind codec = wire::CodecKind::kUnknown;
  // Two formats can be forwarded into each other when this is equal (contract: Codec.format).
  uint16_t format = 0;

  bool operator==(const PayloadFormat&) const = default;
};

// An element that may be passed on, found in the packet.
struct FoundExtension {
  wire::ExtensionKind kind{};
  uint8_t size = 0;
  uint16_t offset = 0;  // of the value, in the packet
};
inline constexpr size_t kMaxFoundExtensions = 6;
inline constexpr size_t kMaxSizedLayers = wire::kMaxDependencySpatialLayers;

struct DependencyFrame;  // dependency_tracker.h

struct MediaPacket {
  base::PacketRef packet;
  wire::RtpView view;
  SourcePosition position;
  PayloadFormat format;
  uint8_t encoding = 0;  // of its publication; 0 without simulcast
  // Of the layer inside its encoding that it belongs to, where the codec says so.
  uint8_t spatial_id = 0;
  uint8_t temporal_id = 0;
  // Decoding can start with this packet: the first packet of a key frame; any packet of audio.
  bool starts_decoding = false;
  // Nothing but padding: never forwarded.
  bool empty = false;
  std::optional<wire::VideoSize> size;  // known from some key frames
  // Of the layers inside the encoding, lowest first, where a key frame says them; else empty.
  std::array<wire::VideoSize, kMaxSizedLayers> layer_sizes{};
  size_t layer_size_count = 0;
  std::optional<wire::Vp8Descriptor> vp8;
  std::optional<wire::Vp9Descriptor> vp9;
  FoundExtension descriptor;  // the dependency descriptor; size 0 without one
  // What it says: see DependencyTracker.
  const DependencyFrame* dependency = nullptr;
  std::array<FoundExtension, kMaxFoundExtensions> extensions{};
  size_t extension_count = 0;

  std::span<const FoundExtension> found() const { return {extensions.data(), extension_count}; }
  std::span<const wire::VideoSize> sizes() const { return {layer_sizes.data(), layer_size_count}; }
};

// Reads codec descriptor and extensions. A payload that its codec's parser refuses never starts
// decoding and is forwarded as it is.
MediaPacket describe(const base::PacketRef& packet, const wire::RtpView& view,
                     const SourcePosition& position, PayloadFormat format,
                     const wire::ExtensionMap& publisher_extensions, uint8_t encoding = 0);

}  // namespace forward
