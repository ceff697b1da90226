#include "wire/video_size.h"

#include "base/byte_reader.h"

namespace wire {

namespace {

constexpr uint32_t kVp8StartCode = 0x9d012a;
// Above them two bits say how to scale.
constexpr uint16_t kVp8SizeMask = 0x3fff;

uint16_t little_endian(base::ByteReader& reader) {
  const uint8_t low = reader.u8();
  return static_cast<uint16_t>(low | reader.u8() << 8);
}

}  // namespace

std::optional<VideoSize> read_vp8_size(std::span<const uint8_t> frame) {
  base::ByteReader reader(frame);
  reader.bytes(3);  // frame tag
  const uint32_t start_code = static_cast<uint32_t>(reader.u8() << 16) | reader.u16();
  const uint16_t width = little_endian(reader);
  const uint16_t height = little_endian(reader);
  if (!reader.ok() || start_code != kVp8StartCode) return std::nullopt;
  return VideoSize{static_cast<uint16_t>(width & kVp8SizeMask),
                   static_cast<uint16_t>(height & kVp8SizeMask)};
}

}  // namespace wire
