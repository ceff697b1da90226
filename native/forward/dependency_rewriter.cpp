#include "forward/dependency_rewriter.h"

#include <algorithm>

namespace forward {

namespace {

constexpr uint8_t kTemplateIdMask = 0x3f;

}  // namespace

// The new structure's ids lie behind the old ones, so that a frame of the old sequence that comes
// late is not read by the new structure.
void DependencyRewriter::begin_epoch(const DependencyFrame& first) {
  if (!state_.last_number) return;
  state_.number_offset = *state_.last_number + 1 - first.number;
  if (first.structure == nullptr) return;
  state_.template_shift = static_cast<uint8_t>(
      (state_.next_template - first.structure->template_id_offset) & kTemplateIdMask);
}

wire::DependencyRewrite DependencyRewriter::rewrite(const DependencyFrame& frame,
                                                    uint32_t active_targets) {
  const int64_t number = frame.number + state_.number_offset;
  state_.last_number = std::max(state_.last_number.value_or(number), number);
  wire::DependencyRewrite rewrite{.frame_number = static_cast<uint16_t>(number),
                                  .template_shift = state_.template_shift};
  if (frame.structure == nullptr) return rewrite;
  if (frame.descriptor.head.has_structure) {
    state_.next_template =
        static_cast<uint8_t>((frame.structure->template_id_offset +
                              frame.structure->template_count + state_.template_shift) &
                             kTemplateIdMask);
  }
  rewrite.active_targets = active_targets;
  rewrite.mask_position = frame.descriptor.mask_position;
  rewrite.decode_targets = frame.structure->decode_targets;
  return rewrite;
}

}  // namespace forward
