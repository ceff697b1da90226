// The part of a forwarder that keeps dependency descriptors consistent for a subscriber: frame
// numbers and template ids continue across epochs, the active mask says what is forwarded
// (algorithms R3.26, R4.17, R4.19). Rules: SPEC.md, [DDR-*].
#pragma once

#include <cstdint>
#include <optional>

#include "forward/dependency_tracker.h"
#include "wire/dependency_rewrite.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct DependencyRewriterState {
  std::optional<int64_t> last_number;  // highest frame number sent
  int64_t number_offset = 0;           // out minus in, of the epoch
  uint8_t template_shift = 0;          // out minus in, of the epoch, modulo 64
  uint8_t next_template = 0;           // behind the ids of the structure sent last, modulo 64
};

class DependencyRewriter {
 public:
  DependencyRewriter() = default;
  explicit DependencyRewriter(const DependencyRewriterState& seed) : state_(seed) {}

  // `first` is the frame that the epoch begins with.
  void begin_epoch(const DependencyFrame& first);
  // What the descriptor of a forwarded packet has to have otherwise.
  wire::DependencyRewrite rewrite(const DependencyFrame& frame, uint32_t active_targets);

  const DependencyRewriterState& state() const { return state_; }

 private:
  DependencyRewriterState state_;
};

}  // namespace forward
