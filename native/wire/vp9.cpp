#include "wire/vp9.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

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
// | TID |U| R |-|-| and R reference differences. The group is not kept.
void read_scalability_structure(base::ByteReader& reader, Vp9Descriptor& descriptor) {
  const uint8_t flags = reader.u8();
  descriptor.spatial_layers = static_cast<uint8_t>((flags >> 5) + 1);
  const size_t sized = (flags & 0x10) != 0 ? descriptor.spatial_layers : 0;
  for (size_t i = 0; i < sized; ++i) {
    const uint16_t width = reader.u16();
    const uint16_t height = reader.u16();
    if (i < kVp9SizedLayers) descriptor.sizes[i] = {width, height};
  }
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
  descriptor.head_size = static_cast<uint8_t>(reader.position());
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

size_t write_vp9_head(const Vp9Descriptor& descriptor, std::span<uint8_t> out) {
  base::ByteWriter writer(out);
  const auto bit = [](bool value, int place) { return value ? 1 << place : 0; };
  writer.u8(static_cast<uint8_t>(
      bit(descriptor.picture_id.has_value(), 7) | bit(descriptor.inter_predicted, 6) |
      bit(descriptor.has_layer_indices, 5) | bit(descriptor.flexible, 4) |
      bit(descriptor.start_of_frame, 3) | bit(descriptor.end_of_frame, 2) |
      bit(descriptor.spatial_layers != 0, 1) | bit(descriptor.not_upper_layer_reference, 0)));
  if (descriptor.picture_id && descriptor.long_picture_id) {
    writer.u16(static_cast<uint16_t>(0x8000 | *descriptor.picture_id));
  } else if (descriptor.picture_id) {
    writer.u8(static_cast<uint8_t>(*descriptor.picture_id & 0x7f));
  }
  if (descriptor.has_layer_indices) {
    writer.u8(static_cast<uint8_t>(descriptor.temporal_id << 5 | bit(descriptor.switching_up, 4) |
                                   descriptor.spatial_id << 1 |
                                   bit(descriptor.inter_layer_predicted, 0)));
    if (!descriptor.flexible) writer.u8(descriptor.tl0_pic_idx.value_or(0));
  }
  return writer.finish();
}

}  // namespace wire
