#include "wire/vp9.h"

#include "base/byte_reader.h"

namespace wire {

namespace {

void read_picture_id(base::ByteReader& reader, Vp9Descriptor& descriptor) {
  const uint8_t first = reader.u8();
  descriptor.long_picture_id = (first & 0x80) != 0;
  const auto high = static_cast<uint16_t>(first & 0x7F);
  descriptor.picture_id =
      descriptor.long_picture_id ? static_cast<uint16_t>(high << 8 | reader.u8()) : high;
}

void read_layer_indices(base::ByteReader& reader, Vp9Descriptor& descriptor) {
  const uint8_t indices = reader.u8();
  descriptor.has_layer_indices = true;
  descriptor.temporal_id = static_cast<uint8_t>(indices >> 5);
  descriptor.switching_up = (indices & 0x10) != 0;
  descriptor.spatial_id = indices >> 1 & 0x07;
  descriptor.inter_layer_predicted = (indices & 0x01) != 0;
  if (!descriptor.flexible) descriptor.tl0_pic_idx = reader.u8();
}

// False when the list goes on after three references.
bool read_reference_diffs(base::ByteReader& reader, Vp9Descriptor& descriptor) {
  bool more = true;
  while (more && descriptor.reference_count < descriptor.reference_diffs.size()) {
    const uint8_t diff = reader.u8();
    descriptor.reference_diffs[descriptor.reference_count++] = static_cast<uint8_t>(diff >> 1);
    more = (diff & 0x01) != 0;
  }
  return !more;
}

// | N_S |Y|G|-|-|-|, then (N_S + 1) × (width, height) if Y, then N_G pictures of a group if G, each
// | TID |U| R |-|-| and R reference differences. Only the number of layers is kept.
void read_scalability_structure(base::ByteReader& reader, Vp9Descriptor& descriptor) {
  constexpr size_t kResolutionSize = 4;
  const uint8_t flags = reader.u8();
  descriptor.spatial_layers = static_cast<uint8_t>((flags >> 5) + 1);
  if ((flags & 0x10) != 0) reader.skip(descriptor.spatial_layers * kResolutionSize);
  if ((flags & 0x08) == 0) return;
  const uint8_t pictures = reader.u8();
  for (uint8_t i = 0; i < pictures && reader.ok(); ++i) reader.skip(reader.u8() >> 2 & 0x03);
}

}  // namespace

ParseError parse_vp9(std::span<const uint8_t> payload, Vp9Descriptor& descriptor) {
  descriptor = Vp9Descriptor();
  base::ByteReader reader(payload);
  const uint8_t flags = reader.u8();
  const bool has_picture_id = (flags & 0x80) != 0;
  const bool has_layer_indices = (flags & 0x20) != 0;
  const bool has_structure = (flags & 0x02) != 0;
  descriptor.inter_predicted = (flags & 0x40) != 0;
  descriptor.flexible = (flags & 0x10) != 0;
  descriptor.start_of_frame = (flags & 0x08) != 0;
  descriptor.end_of_frame = (flags & 0x04) != 0;
  descriptor.not_upper_layer_reference = (flags & 0x01) != 0;
  if (descriptor.flexible && !has_picture_id) return ParseError::kBadValue;
  if (has_picture_id) read_picture_id(reader, descriptor);
  if (has_layer_indices) read_layer_indices(reader, descriptor);
  if (descriptor.flexible && descriptor.inter_predicted &&
      !read_reference_diffs(reader, descriptor)) {
    return ParseError::kBadValue;
  }
  if (has_structure) read_scalability_structure(reader, descriptor);
  // At least one byte of the frame follows. The largest structure (8 layers, 255 pictures with 3
  // references) is 1054 bytes, which `size` holds.
  if (reader.remaining() == 0) return ParseError::kTruncated;
  descriptor.size = static_cast<uint16_t>(reader.position());
  return ParseError::kNone;
}

}  // namespace wire
