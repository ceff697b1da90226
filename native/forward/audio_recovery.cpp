#include "forward/audio_recovery.h"

#include <algorithm>

namespace forward {

size_t AudioRecovery::handle_packet(const SourcePosition& position, bool empty,
                                    std::span<const wire::RedBlock> redundant,
                                    std::span<RecoveredFrame, kMaxRecovered> out) {
  if (!has_source_ || source_ != position.source) {
    source_ = position.source;
    has_source_ = true;
    fills_.fill({});
    highest_sequence_ = position.sequence - 1;
    highest_timestamp_ = position.timestamp;
  }
  const int64_t missing = position.sequence - highest_sequence_ - 1;
  const size_t wanted = static_cast<size_t>(std::clamp<int64_t>(missing, 0, kMaxRecovered));
  size_t count = 0;
  for (size_t i = redundant.size(); i > 0 && count < wanted; --i) {
    const wire::RedBlock& block = redundant[i - 1];
    const int64_t timestamp = position.timestamp - block.timestamp_offset;
    if (timestamp <= highest_timestamp_ || timestamp >= position.timestamp) break;
    if (block.size == 0) continue;
    ++count;
    out[count - 1] = {position.sequence - static_cast<int64_t>(count), timestamp, block};
    fills_[next_fill_] = {out[count - 1].sequence, timestamp};
    next_fill_ = (next_fill_ + 1) % kRememberedFills;
  }
  std::reverse(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
  highest_sequence_ = std::max(highest_sequence_, position.sequence);
  if (!empty) highest_timestamp_ = std::max(highest_timestamp_, position.timestamp);
  return count;
}

bool AudioRecovery::was_recovered(const SourcePosition& position) const {
  if (!has_source_ || source_ != position.source) return false;
  return std::any_of(fills_.begin(), fills_.end(), [&position](const Fill& fill) {
    return fill.sequence == position.sequence || fill.timestamp == position.timestamp;
  });
}

}  // namespace forward
