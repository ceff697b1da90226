// What one subscriber's dependency descriptor has otherwise than the one that was received. Kept
// instead of the rewritten bytes: it is small, however long the descriptor, and a retransmission
// that applies it again has the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wire {

// Longest descriptor that is passed on: a structure of three spatial and temporal layers takes 90
// to 100 bytes, and the packet around it has to stay within a datagram.
inline constexpr size_t kMaxPassedDescriptor = 160;
// An active mask that was not there takes up to 32 bits and, behind a bare mandatory part, 5 flags.
inline constexpr size_t kMaxRewrittenDescriptor = kMaxPassedDescriptor + 5;

struct DependencyRewrite {
  uint32_t active_targets = 0;  // mask to announce; 0 = as it came
  uint16_t frame_number = 0;
  uint16_t mask_position = 0;  // DependencyDescriptor::mask_position
  uint8_t template_shift = 0;  // added to every template id and to the structure's offset, mod 64
  uint8_t decode_targets = 0;  // width of the mask
};

// Returns the size written; 0 when `value` is no descriptor, longer than kMaxPassedDescriptor, or
// does not fit.
size_t rewrite_dependency_descriptor(std::span<const uint8_t> value,
                                     const DependencyRewrite& rewrite, std::span<uint8_t> out);

}  // namespace wire
