// Frames that were lost on their way from the publisher and came again inside a later packet
// (RFC 2198; algorithms R5.12), for subscribers that get plain Opus. Rules: SPEC.md, [RED-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "forward/media_packet.h"
#include "wire/red.h"

namespace forward {

// Lost numbers right before a packet that it may fill. Older frames would come too late to be
// played.
inline constexpr size_t kMaxRecovered = 2;
// Fills that are remembered, so that a packet that was only late is not sent twice.
inline constexpr size_t kRememberedFills = 16;

struct RecoveredFrame {
  int64_t sequence = 0;
  int64_t timestamp = 0;
  wire::RedBlock block;
};

// Of one publication.
class AudioRecovery {
 public:
  // Nothing before the next packet is missing.
  void reset() { has_source_ = false; }

  // The frames missing right before this packet, the newest of its source so far, that are in
  // `redundant` (oldest first); written to `out` oldest first. By timestamps, not by counting: a
  // sender leaves frames out of the redundancy and puts padding in between.
  size_t handle_packet(const SourcePosition& position, bool empty,
                       std::span<const wire::RedBlock> redundant,
                       std::span<RecoveredFrame, kMaxRecovered> out);

  // Whether a packet that comes late was filled in already.
  bool was_recovered(const SourcePosition& position) const;

 private:
  struct Fill {
    int64_t sequence = -1;
    int64_t timestamp = -1;
  };

  Source source_;
  bool has_source_ = false;
  int64_t highest_sequence_ = 0;
  int64_t highest_timestamp_ = 0;  // of what is not padding
  std::array<Fill, kRememberedFills> fills_{};
  size_t next_fill_ = 0;
};

}  // namespace forward
