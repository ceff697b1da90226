// Which packet indices of one SSRC were seen (RFC 3711 §3.3.2), and the index that a 16-bit
// sequence number stands for (§3.3.1).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace srtp {

// Packets that may arrive late. 1984 of 2048 bits are usable, because whole words are cleared when
// the window moves (RFC 6479). At 2000 packets/s this is 1 s; longer costs memory per SSRC.
inline constexpr uint64_t kReplayWords = 32;
inline constexpr uint64_t kReplayWindow = (kReplayWords - 1) * 64;

class ReplayWindow {
 public:
  // 2^16 × ROC + sequence for the ROC that brings it nearest to the highest index seen; nullopt
  // when that would lie before the first rollover. The first packet has ROC 0.
  std::optional<uint64_t> index_of(uint16_t sequence) const {
    if (!started_) return sequence;
    // Half-way counts as ahead: behind would be too old in any case.
    auto distance = static_cast<int32_t>(static_cast<uint16_t>(sequence - (highest_ & 0xffff)));
    if (distance > 0x8000) distance -= 0x10000;
    const int64_t index = static_cast<int64_t>(highest_) + distance;
    if (index < 0) return std::nullopt;
    return static_cast<uint64_t>(index);
  }

  // Whether `index` is neither seen nor too old.
  bool is_new(uint64_t index) const {
    if (!started_ || index > highest_) return true;
    if (highest_ - index >= kReplayWindow) return false;
    return (word(index) & bit(index)) == 0;
  }

  // Marks an index for which is_new() holds.
  void mark(uint64_t index) {
    if (!started_) {
      started_ = true;
      highest_ = index;
    } else if (index > highest_) {
      advance_to(index);
    }
    words_[(index / 64) % kReplayWords] |= bit(index);
  }

  uint64_t highest() const { return highest_; }

 private:
  static uint64_t bit(uint64_t index) { return uint64_t{1} << (index % 64); }
  uint64_t word(uint64_t index) const { return words_[(index / 64) % kReplayWords]; }

  void advance_to(uint64_t index) {
    const uint64_t steps = std::min(index / 64 - highest_ / 64, kReplayWords);
    for (uint64_t i = 1; i <= steps; ++i) words_[(highest_ / 64 + i) % kReplayWords] = 0;
    highest_ = index;
  }

  bool started_ = false;
  uint64_t highest_ = 0;
  std::array<uint64_t, kReplayWords> words_{};
};

}  // namespace srtp
