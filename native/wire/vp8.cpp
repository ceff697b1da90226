#include "wire/vp8.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {

constexpr uint8_t kExtended = 0x80;       // X of the first byte
constexpr uint8_t kNonReference = 0x20;   // N
constexpr uint8_t kStart = 0x10;          // S
constexpr uint8_t kPartitionMask = 0x07;  // PID
constexpr uint8_t kHasPictureId = 0x80;   // I of the extension byte
constexpr uint8_t kHasTl0PicIdx = 0x40;   // L
constexpr uint8_t kHasTemporalId = 0x20;  // T
constexpr uint8_t kHasKeyIdx = 0x10;      // K
constexpr uint8_t kLongPictureId = 0x80;  // M
constexpr uint8_t kLayerSync = 0x20;      // Y
constexpr uint8_t kKeyIdxMask = 0x1F;

void read_picture_id(base::ByteReader& reader, Vp8Descriptor& descriptor) {
  const uint8_t first = reader.u8();
  descriptor.long_picture_id = (first & kLongPictureId) != 0;
  const auto high = static_cast<uint16_t>(first & 0x7F);
  descriptor.picture_id =
      descriptor.long_picture_id ? static_cast<uint16_t>(high << 8 | reader.u8()) : high;
}

void read_extension(base::ByteReader& reader, Vp8Descriptor& descriptor) {
  const uint8_t flags = reader.u8();
  if ((flags & kHasPictureId) != 0) read_picture_id(reader, descriptor);
  if ((flags & kHasTl0PicIdx) != 0) descriptor.tl0_pic_idx = reader.u8();
  if ((flags & (kHasTemporalId | kHasKeyIdx)) == 0) return;
  const uint8_t layer = reader.u8();
  if ((flags & kHasTemporalId) != 0) {
    descriptor.temporal_id = static_cast<uint8_t>(layer >> 6);
    descriptor.layer_sync = (layer & kLayerSync) != 0;
  }
  if ((flags & kHasKeyIdx) != 0) descriptor.key_idx = static_cast<uint8_t>(layer & kKeyIdxMask);
}

uint8_t extension_flags(const Vp8Descriptor& descriptor) {
  return static_cast<uint8_t>(
      (descriptor.picture_id ? kHasPictureId : 0) | (descriptor.tl0_pic_idx ? kHasTl0PicIdx : 0) |
      (descriptor.temporal_id ? kHasTemporalId : 0) | (descriptor.key_idx ? kHasKeyIdx : 0));
}

void write_picture_id(const Vp8Descriptor& descriptor, base::ByteWriter& writer) {
  const uint16_t id = *descriptor.picture_id;
  if (descriptor.long_picture_id) {
    writer.u16(static_cast<uint16_t>(kLongPictureId << 8 | (id & 0x7FFF)));
  } else {
    writer.u8(id & 0x7F);
  }
}

}  // namespace

ParseError parse_vp8(std::span<const uint8_t> payload, Vp8Descriptor& descriptor) {
  descriptor = Vp8Descriptor();
  base::ByteReader reader(payload);
  const uint8_t first = reader.u8();
  descriptor.non_reference = (first & kNonReference) != 0;
  descriptor.start_of_partition = (first & kStart) != 0;
  descriptor.partition = first & kPartitionMask;
  if ((first & kExtended) != 0) read_extension(reader, descriptor);
  descriptor.size = static_cast<uint8_t>(reader.position());
  // A payload without a byte of the frame is no VP8 packet; P = 0 in the first marks a key frame.
  const uint8_t frame = reader.u8();
  if (!reader.ok()) return ParseError::kTruncated;
  descriptor.key_frame = descriptor.start_of_frame() && (frame & 0x01) == 0;
  return ParseError::kNone;
}

size_t write_vp8_descriptor(const Vp8Descriptor& descriptor, std::span<uint8_t> out) {
  base::ByteWriter writer(out);
  const uint8_t flags = extension_flags(descriptor);
  writer.u8(static_cast<uint8_t>(
      (flags != 0 ? kExtended : 0) | (descriptor.non_reference ? kNonReference : 0) |
      (descriptor.start_of_partition ? kStart : 0) | (descriptor.partition & kPartitionMask)));
  if (flags == 0) return writer.finish();
  writer.u8(flags);
  if (descriptor.picture_id) write_picture_id(descriptor, writer);
  if (descriptor.tl0_pic_idx) writer.u8(*descriptor.tl0_pic_idx);
  if (descriptor.temporal_id || descriptor.key_idx) {
    writer.u8(static_cast<uint8_t>(descriptor.temporal_id.value_or(0) << 6 |
                                   (descriptor.layer_sync ? kLayerSync : 0) |
                                   (descriptor.key_idx.value_or(0) & kKeyIdxMask)));
  }
  return writer.finish();
}

}  // namespace wire
