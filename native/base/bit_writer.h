// Bounded writing of fields that are no whole bytes, most significant bit first. Like ByteWriter: a
// write that does not fit writes nothing and makes `ok()` false for good.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bit_reader.h"

namespace base {

class BitWriter {
 public:
  constexpr explicit BitWriter(std::span<uint8_t> out) : out_(out) {}

  constexpr bool ok() const { return ok_; }
  // Bytes written, the last one filled up with zero bits; 0 when something did not fit.
  constexpr size_t finish() const { return ok_ ? (position_ + 7) / 8 : 0; }

  // The lowest `count` bits of `value`, at most 64.
  constexpr void bits(uint64_t value, unsigned count) {
    ok_ = ok_ && count <= out_.size() * 8 - position_;
    if (!ok_) return;
    for (unsigned left = count; left > 0;) {
      const unsigned offset = position_ % 8;
      const unsigned taken = left < 8 - offset ? left : 8 - offset;
      const auto part = static_cast<unsigned>(value >> (left - taken)) & ((1u << taken) - 1);
      uint8_t& byte = out_[position_ / 8];
      if (offset == 0) byte = 0;
      byte = static_cast<uint8_t>(byte | part << (8 - offset - taken));
      position_ += taken;
      left -= taken;
    }
  }
  constexpr void flag(bool value) { bits(value ? 1 : 0, 1); }

  // BitReader::non_symmetric; `value` is below `count`.
  constexpr void non_symmetric(uint32_t value, uint32_t count) {
    const auto width = static_cast<unsigned>(std::bit_width(count));
    const uint32_t shorter = (uint32_t{1} << width) - count;
    if (value < shorter) {
      bits(value, width - 1);
    } else {
      bits(value + shorter, width);
    }
  }

  // Every bit that `from` has left.
  constexpr void rest_of(BitReader& from) {
    while (from.remaining() > 0 && ok_) {
      const auto count = static_cast<unsigned>(from.remaining() < 64 ? from.remaining() : 64);
      bits(from.bits(count), count);
    }
  }

 private:
  std::span<uint8_t> out_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace base
