#include "forward/media_packet.h"

#include <algorithm>

#include "wire/av1.h"
#include "wire/h264.h"

namespace forward {

namespace {

// Longer values would need the two-byte form of extensions; none of these kinds has one in use.
constexpr size_t kMaxPassedSize = 16;

// What says something about the media itself. The rest belongs to one hop (mid, rid, transport_cc,
// send times, layer allocation), or is rewritten (dependency descriptor).
constexpr bool passes(wire::ExtensionKind kind) {
  using enum wire::ExtensionKind;
  switch (kind) {
    case kAudioLevel:
    case kAbsCaptureTime:
    case kPlayoutDelay:
    case kVideoOrientation:
    case kVideoContentType:
    case kVideoTiming:
    case kColorSpace:
      return true;
    default:
      return false;
  }
}

// H.264 begins with its parameter sets: an IDR picture alone cannot be decoded by a newcomer.
bool starts_decoding(wire::CodecKind codec, std::span<const uint8_t> payload) {
  switch (codec) {
    case wire::CodecKind::kH264: {
      wire::H264Payload parsed;
      return wire::parse_h264(payload, parsed) == wire::ParseError::kNone && parsed.has_sps;
    }
    case wire::CodecKind::kAv1: {
      wire::Av1Payload parsed;
      return wire::parse_av1(payload, parsed) == wire::ParseError::kNone && parsed.key_frame();
    }
    default:
      return true;
  }
}

void describe_vp8(MediaPacket& described) {
  wire::Vp8Descriptor descriptor;
  if (wire::parse_vp8(described.view.payload(), descriptor) != wire::ParseError::kNone) return;
  described.starts_decoding = descriptor.start_of_frame() && descriptor.key_frame;
  described.vp8 = descriptor;
  described.temporal_id = descriptor.temporal_id.value_or(0);
  if (described.starts_decoding) {
    described.size = wire::read_vp8_size(described.view.payload().subspan(descriptor.size));
  }
}

void describe_vp9(MediaPacket& described) {
  wire::Vp9Descriptor descriptor;
  if (wire::parse_vp9(described.view.payload(), descriptor) != wire::ParseError::kNone) return;
  // Receivers drop a non-flexible key frame that does not say how the pictures refer to each other
  // (algorithms R4.8).
  const bool is_told =
      descriptor.flexible || !descriptor.has_layer_indices || descriptor.spatial_layers != 0;
  described.starts_decoding = descriptor.key_frame() && is_told;
  described.vp9 = descriptor;
  described.spatial_id = descriptor.spatial_id;
  described.temporal_id = descriptor.temporal_id;
  if (descriptor.sizes[0].width == 0) return;
  described.layer_size_count = std::min<size_t>(descriptor.spatial_layers, descriptor.sizes.size());
  std::copy_n(descriptor.sizes.begin(), described.layer_size_count, described.layer_sizes.begin());
}

void describe_payload(MediaPacket& described) {
  switch (described.format.codec) {
    case wire::CodecKind::kVp8:
      describe_vp8(described);
      break;
    case wire::CodecKind::kVp9:
      describe_vp9(described);
      break;
    default:
      described.starts_decoding = starts_decoding(described.format.codec, described.view.payload());
  }
}

FoundExtension found_at(wire::ExtensionKind kind, std::span<const uint8_t> value,
                        const wire::RtpView& view) {
  return {kind, static_cast<uint8_t>(value.size()),
          static_cast<uint16_t>(value.data() - view.bytes)};
}

void find_extensions(const wire::ExtensionMap& publisher, MediaPacket& described) {
  wire::ExtensionReader reader = described.view.extensions().elements();
  wire::ExtensionElement element;
  while (reader.next(element)) {
    const std::optional<wire::ExtensionKind> kind = publisher.kind_of(element.id);
    if (!kind || element.value.empty()) continue;
    const FoundExtension found = found_at(*kind, element.value, described.view);
    if (*kind == wire::ExtensionKind::kDependencyDescriptor) {
      described.descriptor = found;
    } else if (passes(*kind) && element.value.size() <= kMaxPassedSize &&
               described.extension_count < kMaxFoundExtensions) {
      described.extensions[described.extension_count++] = found;
    }
  }
}

}  // namespace

MediaPacket describe(const base::PacketRef& packet, const wire::RtpView& view,
                     const SourcePosition& position, PayloadFormat format,
                     const wire::ExtensionMap& publisher_extensions, uint8_t encoding) {
  MediaPacket described{.packet = packet,
                        .view = view,
                        .position = position,
                        .format = format,
                        .encoding = encoding,
                        .spatial_id = 0,
                        .temporal_id = 0,
                        .starts_decoding = false,
                        .empty = view.payload_size == 0,
                        .size = {},
                        .vp8 = {},
                        .vp9 = {},
                        .descriptor = {},
                        .extensions = {},
                        .extension_count = 0};
  if (!described.empty) describe_payload(described);
  find_extensions(publisher_extensions, described);
  return described;
}

}  // namespace forward
