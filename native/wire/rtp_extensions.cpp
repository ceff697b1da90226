#include "wire/rtp_extensions.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {

constexpr size_t kBlockHeaderSize = 4;
constexpr size_t kMaxTwoByteValue = 255;
constexpr uint8_t kReservedOneByteId = 15;

constexpr bool is_two_byte(uint16_t profile) { return (profile & 0xFFF0) == kTwoByteProfile; }

bool needs_two_bytes(std::span<const ExtensionElement> elements) {
  return std::any_of(elements.begin(), elements.end(), [](const ExtensionElement& element) {
    return element.id > kMaxOneByteId || element.value.empty() ||
           element.value.size() > kMaxOneByteValue;
  });
}

bool is_writable(const ExtensionElement& element) {
  return element.id != 0 && element.id != kReservedOneByteId &&
         element.value.size() <= kMaxTwoByteValue;
}

}  // namespace

ExtensionReader::ExtensionReader(uint16_t profile, std::span<const uint8_t> contents)
    : left_(contents), two_byte_(is_two_byte(profile)) {
  if (profile != kOneByteProfile && !two_byte_) left_ = {};
}

bool ExtensionReader::next(ExtensionElement& element) {
  while (!left_.empty() && left_[0] == 0) left_ = left_.subspan(1);
  if (left_.empty()) return false;
  const size_t header_size = two_byte_ ? 2 : 1;
  if (left_.size() < header_size) return false;
  const uint8_t id = two_byte_ ? left_[0] : left_[0] >> 4;
  const size_t length = two_byte_ ? left_[1] : size_t{1} + (left_[0] & 0x0F);
  // In the one-byte form id 15, or padding with a length, ends the walk (§4.2).
  const bool ends = !two_byte_ && (id == kReservedOneByteId || id == 0);
  if (ends || left_.size() - header_size < length) {
    left_ = {};
    return false;
  }
  element = {id, left_.subspan(header_size, length)};
  left_ = left_.subspan(header_size + length);
  return true;
}

std::optional<std::span<const uint8_t>> ExtensionBlock::find(uint8_t id) const {
  ExtensionReader reader = elements();
  for (ExtensionElement element; reader.next(element);) {
    if (element.id == id) return element.value;
  }
  return std::nullopt;
}

size_t extensions_size(std::span<const ExtensionElement> elements) {
  if (elements.empty()) return 0;
  const size_t header_size = needs_two_bytes(elements) ? 2 : 1;
  size_t contents = 0;
  for (const ExtensionElement& element : elements) contents += header_size + element.value.size();
  return kBlockHeaderSize + (contents + 3) / 4 * 4;
}

size_t write_extensions(std::span<const ExtensionElement> elements, std::span<uint8_t> out) {
  const size_t size = extensions_size(elements);
  if (size == 0 || size > out.size()) return 0;
  if (!std::all_of(elements.begin(), elements.end(), is_writable)) return 0;
  const bool two_byte = needs_two_bytes(elements);
  base::ByteWriter writer(out.first(size));
  writer.u16(two_byte ? kTwoByteProfile : kOneByteProfile);
  writer.u16(static_cast<uint16_t>((size - kBlockHeaderSize) / 4));
  for (const ExtensionElement& element : elements) {
    const auto length = static_cast<uint8_t>(element.value.size());
    if (two_byte) {
      writer.u8(element.id);
      writer.u8(length);
    } else {
      writer.u8(static_cast<uint8_t>(element.id << 4 | (length - 1)));
    }
    writer.bytes(element.value);
  }
  writer.zeros(writer.remaining());
  return writer.finish();
}

bool ExtensionMap::add(uint8_t id, ExtensionKind kind) {
  const auto index = static_cast<size_t>(kind);
  const bool reserved = id == 0 || id == kReservedOneByteId;
  if (reserved || index >= kExtensionKinds || ids_[index] != 0 || kinds_[id] != 0) return false;
  ids_[index] = id;
  kinds_[id] = static_cast<uint8_t>(index + 1);
  return true;
}

std::optional<ExtensionKind> ExtensionMap::kind_of(uint8_t id) const {
  if (kinds_[id] == 0) return std::nullopt;
  return static_cast<ExtensionKind>(kinds_[id] - 1);
}

std::optional<AudioLevel> read_audio_level(std::span<const uint8_t> value) {
  if (value.empty()) return std::nullopt;
  return AudioLevel{static_cast<uint8_t>(value[0] & 0x7F), (value[0] & 0x80) != 0};
}

std::array<uint8_t, 1> write_audio_level(AudioLevel level) {
  return {static_cast<uint8_t>((level.voice ? 0x80 : 0) | (level.level & 0x7F))};
}

std::optional<uint16_t> read_transport_sequence(std::span<const uint8_t> value) {
  if (value.size() != 2) return std::nullopt;
  return base::load_u16(value.data());
}

std::array<uint8_t, 2> write_transport_sequence(uint16_t sequence) {
  std::array<uint8_t, 2> value{};
  base::store_u16(value.data(), sequence);
  return value;
}

std::array<uint8_t, 3> write_abs_send_time(int64_t time_us) {
  constexpr int kFractionBits = 18;
  constexpr int64_t kCycleUs = 64'000'000;
  const int64_t within = (time_us % kCycleUs + kCycleUs) % kCycleUs;
  std::array<uint8_t, 3> value{};
  base::store_u24(value.data(), static_cast<uint32_t>((within << kFractionBits) / 1'000'000));
  return value;
}

}  // namespace wire
