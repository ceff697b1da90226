#include "forward/vp9_rewriter.h"

namespace forward {

namespace {

constexpr int64_t kVp9PictureIdMask = 0x7fff;

}  // namespace

void Vp9Rewriter::begin_epoch(const wire::Vp9Descriptor& first) {
  state_.ids.reset();
  if (first.picture_id && state_.last_picture_id) {
    state_.picture_id_offset = *state_.last_picture_id + 1 - *first.picture_id;
  }
  if (first.tl0_pic_idx && state_.last_tl0_pic_idx) {
    state_.tl0_pic_idx_offset =
        static_cast<uint8_t>(*state_.last_tl0_pic_idx + 1 - *first.tl0_pic_idx);
  }
}

size_t Vp9Rewriter::rewrite(const wire::Vp9Descriptor& descriptor, std::span<uint8_t> out) {
  if (!descriptor.picture_id) return 0;
  wire::Vp9Descriptor rewritten = descriptor;
  const int64_t id = state_.ids.unwrap(descriptor) + state_.picture_id_offset;
  const bool newest = !state_.last_picture_id || id >= *state_.last_picture_id;
  if (newest) state_.last_picture_id = id;
  rewritten.picture_id = static_cast<uint16_t>(id & kVp9PictureIdMask);
  rewritten.long_picture_id = true;
  if (descriptor.tl0_pic_idx) {
    rewritten.tl0_pic_idx =
        static_cast<uint8_t>(*descriptor.tl0_pic_idx + state_.tl0_pic_idx_offset);
    if (newest) state_.last_tl0_pic_idx = rewritten.tl0_pic_idx;
  }
  const bool same = descriptor.long_picture_id && state_.tl0_pic_idx_offset == 0 &&
                    rewritten.picture_id == descriptor.picture_id;
  return same ? 0 : wire::write_vp9_head(rewritten, out);
}

}  // namespace forward
