// Which packet indices of one SSRC were seen (RFC 3711 §3.3.2), and the index that a 16-bit
// sequence number stands for (§3.3.1).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace srtp {

// Packets that may arrive late. 1984 of 2048 bits are usable, because whole words are cleared when
// the window moves (RFC 6479). At 2000 packets/s this is 1 s; longer costs memory per SSRC.
inline constexpr uint64_t kReplayWords = 32;
inline constexpr uint64_t kReplayWindow = (kReplayWords - 1) * 64;

// What a packet in order needs is small and stands here; what is older is elsewhere, and is looked
// at once in 64 packets: a media thread serves thousands of SSRCs.
class ReplayWindow {
 public:
  // 2^16 × ROC + sequence for the ROC that brings it nearest to the highest index seen; nullopt
  // when that would lie before the first rollover. The first packet has ROC 0.
  std::optional<uint64_t> index_of(uint16_t sequence) const {
    if (!started()) return sequence;
    // Half-way counts as ahead: behind would be too old in any case.
    auto distance = static_cast<int32_t>(static_cast<uint16_t>(sequence - (highest_ & 0xffff)));
    if (distance > 0x8000) distance -= 0x10000;
    const int64_t index = static_cast<int64_t>(highest_) + distance;
    if (index < 0) return std::nullopt;
    return static_cast<uint64_t>(index);
  }

  // Whether `index` is neither seen nor too old.
  bool is_new(uint64_t index) const {
    if (!started() || index > highest_) return true;
    if (highest_ - index >= kReplayWindow) return false;
    const uint64_t word = index / 64 == highest_ / 64 ? newest_ : older(index / 64);
    return (word & bit(index)) == 0;
  }

  // Marks an index for which is_new() holds.
  void mark(uint64_t index) {
    if (!started()) {
      older_ = std::make_unique<Words>();
      highest_ = index;
    } else if (index > highest_) {
      advance_to(index);
    }
    (index / 64 == highest_ / 64 ? newest_ : older(index / 64)) |= bit(index);
  }

  bool started() const { return older_ != nullptr; }

 private:
  using Words = std::array<uint64_t, kReplayWords>;

  static uint64_t bit(uint64_t index) { return uint64_t{1} << (index % 64); }
  uint64_t& older(uint64_t word) const { return (*older_)[word % kReplayWords]; }

  void advance_to(uint64_t index) {
    const uint64_t last = highest_ / 64;
    highest_ = index;
    const uint64_t steps = index / 64 - last;
    if (steps == 0) return;
    older(last) = newest_;
    newest_ = 0;
    const uint64_t skipped = std::min(steps - 1, kReplayWords);
    for (uint64_t i = 1; i <= skipped; ++i) older(last + i) = 0;
  }

  uint64_t highest_ = 0;
  uint64_t newest_ = 0;           // the 64 indices among which the highest is
  std::unique_ptr<Words> older_;  // a ring; nullptr: nothing was seen
};

}  // namespace srtp
