#include "load/test_media.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "load/fixed_keys.h"
#include "wire/vp8.h"

namespace load {

namespace {

constexpr uint32_t kMagic = 0x504c4e42;
constexpr size_t kStampSize = 20;
constexpr size_t kFrameHeader = 10;
constexpr size_t kPatternStarts = 4096;
constexpr size_t kLongestPattern = 2048;
constexpr uint8_t kOpusToc = 0xfc;

using Pattern = std::array<uint8_t, kPatternStarts + kLongestPattern>;

const Pattern& pattern() {
  static const Pattern made = [] {
    Pattern bytes;
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(mixed(i));
    return bytes;
  }();
  return made;
}

void write_stamp(const MediaStamp& stamp, uint8_t* at) {
  base::store_u32(at, kMagic);
  base::store_u64(at + 4, stamp.number);
  base::store_u64(at + 12, static_cast<uint64_t>(stamp.sent_ns));
}

}  // namespace

size_t write_video_head(const VideoPosition& position, const MediaStamp& stamp,
                        std::span<uint8_t> out) {
  wire::Vp8Descriptor descriptor;
  descriptor.picture_id = position.picture;
  descriptor.long_picture_id = true;
  descriptor.tl0_pic_idx = static_cast<uint8_t>(position.picture);
  descriptor.temporal_id = 0;
  descriptor.start_of_partition = position.first_of_frame;
  const size_t size = wire::write_vp8_descriptor(descriptor, out);
  // RFC 6386 §9.1: the lowest bit of the first byte is 0 in a key frame; then come start code,
  // width and height, little-endian.
  const auto low = [](uint16_t value) { return static_cast<uint8_t>(value); };
  const auto high = [](uint16_t value) { return static_cast<uint8_t>(value >> 8); };
  const std::array<uint8_t, kFrameHeader> key{0x10,
                                              0x02,
                                              0x00,
                                              0x9d,
                                              0x01,
                                              0x2a,
                                              low(position.width),
                                              high(position.width),
                                              low(position.height),
                                              high(position.height)};
  std::copy(key.begin(), key.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
  if (!position.key_frame) out[size] |= 1;
  write_stamp(stamp, &out[size + kFrameHeader]);
  return size + kFrameHeader + kStampSize;
}

size_t write_audio_head(const MediaStamp& stamp, std::span<uint8_t> out) {
  out[0] = kOpusToc;
  write_stamp(stamp, &out[1]);
  return 1 + kStampSize;
}

std::span<const uint8_t> pattern_of(uint64_t number, size_t size) {
  return std::span(pattern()).subspan(number % kPatternStarts, size);
}

std::optional<MediaStamp> verify_media(std::span<const uint8_t> payload, uint8_t payload_type) {
  size_t skipped = 1;
  if (payload_type != kAudioPayloadType) {
    wire::Vp8Descriptor descriptor;
    if (wire::parse_vp8(payload, descriptor) != wire::ParseError::kNone) return std::nullopt;
    skipped = descriptor.size + kFrameHeader;
  }
  if (payload.size() < skipped + kStampSize) return std::nullopt;
  const uint8_t* at = payload.data() + skipped;
  if (base::load_u32(at) != kMagic) return std::nullopt;
  const MediaStamp stamp{.number = base::load_u64(at + 4),
                         .sent_ns = static_cast<int64_t>(base::load_u64(at + 12))};
  const auto rest = payload.subspan(skipped + kStampSize);
  if (rest.size() > kLongestPattern) return std::nullopt;
  if (!std::ranges::equal(rest, pattern_of(stamp.number, rest.size()))) return std::nullopt;
  return stamp;
}

}  // namespace load
