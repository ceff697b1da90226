// Bounded reading of fields that are no whole bytes, most significant bit first. Like ByteReader:
// once a read does not fit, it and every later one gives zero and `ok()` is false.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace base {

class BitReader {
 public:
  constexpr explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  constexpr bool ok() const { return ok_; }
  // In bits, from the start.
  constexpr size_t position() const { return position_; }
  constexpr size_t remaining() const { return ok_ ? bytes_.size() * 8 - position_ : 0; }

  // The next `count` bits, at most 64.
  constexpr uint64_t bits(unsigned count) {
    ok_ = ok_ && count <= bytes_.size() * 8 - position_;
    if (!ok_) return 0;
    uint64_t value = 0;
    for (unsigned left = count; left > 0;) {
      const unsigned offset = position_ % 8;
      const unsigned taken = left < 8 - offset ? left : 8 - offset;
      const unsigned rest = 8 - offset - taken;
      value = value << taken | (bytes_[position_ / 8] >> rest & ((1u << taken) - 1));
      position_ += taken;
      left -= taken;
    }
    return value;
  }
  constexpr bool flag() { return bits(1) != 0; }

  // A value below `count` in the non-symmetric code ns(count) (AV1 specification §4.10.7): the
  // smaller values take one bit less. `count` is at least 1.
  constexpr uint32_t non_symmetric(uint32_t count) {
    const auto width = static_cast<unsigned>(std::bit_width(count));
    const uint32_t shorter = (uint32_t{1} << width) - count;
    const auto value = static_cast<uint32_t>(bits(width - 1));
    if (value < shorter) return value;
    return (value << 1) - shorter + static_cast<uint32_t>(bits(1));
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace base
