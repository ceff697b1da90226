#include "wire/framing.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace wire {

size_t FrameReader::length() const { return base::load_u16(partial_.data()); }

bool FrameReader::gather(std::span<const uint8_t>& stream, size_t size) {
  const size_t count = std::min(size - held_, stream.size());
  std::copy_n(stream.begin(), count, partial_.begin() + static_cast<ptrdiff_t>(held_));
  held_ += count;
  stream = stream.subspan(count);
  return held_ == size;
}

FrameStep FrameReader::next(std::span<const uint8_t>& stream, std::span<const uint8_t>& frame) {
  while (true) {
    if (held_ < kFrameHeaderSize && !gather(stream, kFrameHeaderSize)) return FrameStep::kMore;
    const size_t size = length();
    if (size > kMaxFrameSize) return FrameStep::kBroken;
    if (held_ == kFrameHeaderSize && stream.size() >= size) {
      // Whole where it is: not copied.
      frame = stream.first(size);
      stream = stream.subspan(size);
    } else if (gather(stream, kFrameHeaderSize + size)) {
      frame = std::span<const uint8_t>(partial_).subspan(kFrameHeaderSize, size);
    } else {
      return FrameStep::kMore;
    }
    held_ = 0;
    if (!frame.empty()) return FrameStep::kFrame;
  }
}

}  // namespace wire
