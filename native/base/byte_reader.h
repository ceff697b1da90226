// Bounded reading of big-endian fields. A reader never leaves its span: once a read does not fit,
// it and every later one gives zero (or an empty span) and `ok()` is false, so that a parser reads
// a whole structure and asks once at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace base {

// Unchecked loads, for fields whose bounds were checked as one block.
constexpr uint16_t load_u16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
constexpr uint32_t load_u24(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 16 | static_cast<uint32_t>(at[1]) << 8 | at[2];
}
constexpr uint32_t load_u32(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 |
         static_cast<uint32_t>(at[2]) << 8 | at[3];
}
constexpr uint64_t load_u64(const uint8_t* at) {
  return static_cast<uint64_t>(load_u32(at)) << 32 | load_u32(at + 4);
}

class ByteReader {
 public:
  constexpr explicit ByteReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  constexpr bool ok() const { return ok_; }
  constexpr size_t position() const { return position_; }
  constexpr size_t remaining() const { return ok_ ? bytes_.size() - position_ : 0; }

  constexpr uint8_t u8() { return take(1) ? bytes_[position_ - 1] : uint8_t{0}; }
  constexpr uint16_t u16() { return take(2) ? load_u16(&bytes_[position_ - 2]) : uint16_t{0}; }
  constexpr uint32_t u24() { return take(3) ? load_u24(&bytes_[position_ - 3]) : 0u; }
  constexpr uint32_t u32() { return take(4) ? load_u32(&bytes_[position_ - 4]) : 0u; }
  constexpr uint64_t u64() { return take(8) ? load_u64(&bytes_[position_ - 8]) : uint64_t{0}; }

  // The next `count` bytes, in place.
  constexpr std::span<const uint8_t> bytes(size_t count) {
    return take(count) ? bytes_.subspan(position_ - count, count) : std::span<const uint8_t>{};
  }
  constexpr void skip(size_t count) { take(count); }
  // Everything that is left; consumes it.
  constexpr std::span<const uint8_t> rest() { return bytes(remaining()); }

 private:
  constexpr bool take(size_t count) {
    ok_ = ok_ && count <= bytes_.size() - position_;
    if (ok_) position_ += count;
    return ok_;
  }

  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace base
