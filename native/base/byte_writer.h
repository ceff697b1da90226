// Bounded writing of big-endian fields into a span of the caller. A write that does not fit writes
// nothing and makes `ok()` false for good, so that a serialiser asks once at the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace base {

// Unchecked stores, for fields whose bounds were checked as one block. Written so that compilers
// make one instruction of each.
constexpr void store_u16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
constexpr void store_u24(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 16);
  at[1] = static_cast<uint8_t>(value >> 8);
  at[2] = static_cast<uint8_t>(value);
}
constexpr void store_u32(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 24);
  at[1] = static_cast<uint8_t>(value >> 16);
  at[2] = static_cast<uint8_t>(value >> 8);
  at[3] = static_cast<uint8_t>(value);
}
constexpr void store_u64(uint8_t* at, uint64_t value) {
  store_u32(at, static_cast<uint32_t>(value >> 32));
  store_u32(at + 4, static_cast<uint32_t>(value));
}

class ByteWriter {
 public:
  constexpr explicit ByteWriter(std::span<uint8_t> out) : out_(out) {}

  constexpr bool ok() const { return ok_; }
  // Bytes written so far.
  constexpr size_t size() const { return size_; }
  constexpr size_t remaining() const { return ok_ ? out_.size() - size_ : 0; }
  constexpr std::span<uint8_t> written() const { return out_.first(size_); }
  // `size()` when everything fitted, else 0: what serialisers return.
  constexpr size_t finish() const { return ok_ ? size_ : 0; }

  constexpr void u8(uint8_t value) {
    if (take(1)) out_[size_ - 1] = value;
  }
  constexpr void u16(uint16_t value) {
    if (take(2)) store_u16(&out_[size_ - 2], value);
  }
  constexpr void u24(uint32_t value) {
    if (take(3)) store_u24(&out_[size_ - 3], value);
  }
  constexpr void u32(uint32_t value) {
    if (take(4)) store_u32(&out_[size_ - 4], value);
  }
  constexpr void u64(uint64_t value) {
    if (take(8)) store_u64(&out_[size_ - 8], value);
  }
  constexpr void bytes(std::span<const uint8_t> value) {
    if (take(value.size()))
      std::copy(value.begin(), value.end(), out_.begin() + offset(value.size()));
  }
  constexpr void zeros(size_t count) {
    if (take(count)) std::fill_n(out_.begin() + offset(count), count, uint8_t{0});
  }

 private:
  constexpr bool take(size_t count) {
    ok_ = ok_ && count <= out_.size() - size_;
    if (ok_) size_ += count;
    return ok_;
  }
  constexpr std::ptrdiff_t offset(size_t count) const {
    return static_cast<std::ptrdiff_t>(size_ - count);
  }

  std::span<uint8_t> out_;
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace base
