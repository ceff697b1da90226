// Cuts the bytes of one run into the pieces a stateful target wants; past the end everything is
// zero or empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"

namespace fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_({data, size}) {}

  bool empty() const { return left_.empty(); }
  uint8_t u8() {
    const std::span<const uint8_t> bytes = take(1);
    return bytes.empty() ? uint8_t{0} : bytes[0];
  }
  uint16_t u16() {
    const std::span<const uint8_t> bytes = take(2);
    return bytes.size() < 2 ? uint16_t{0} : base::load_u16(bytes.data());
  }
  // A piece with a length of two bytes before it; what is left when there is less.
  std::span<const uint8_t> piece() { return take(u16()); }
  std::span<const uint8_t> rest() { return take(left_.size()); }

 private:
  std::span<const uint8_t> take(size_t count) {
    const std::span<const uint8_t> taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  std::span<const uint8_t> left_;
};

}  // namespace fuzz
