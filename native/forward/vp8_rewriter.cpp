#include "forward/vp8_rewriter.h"

#include <algorithm>

namespace forward {

namespace {

constexpr int64_t kPictureIdMask = 0x7fff;
constexpr uint8_t kKeyIdxMask = 0x1f;

}  // namespace

void Vp8Rewriter::begin_epoch(const wire::Vp8Descriptor& first) {
  state_.long_ids.reset();
  state_.short_ids.reset();
  state_.skipped.clear();
  state_.highest_picture_in = first.picture_id ? *first.picture_id - 1 : 0;
  if (first.picture_id && state_.last_picture_id) {
    state_.picture_id_offset = *state_.last_picture_id + 1 - *first.picture_id;
  }
  if (first.tl0_pic_idx && state_.last_tl0_pic_idx) {
    state_.tl0_pic_idx_offset =
        static_cast<uint8_t>(*state_.last_tl0_pic_idx + 1 - *first.tl0_pic_idx);
  }
  if (first.key_idx && state_.last_key_idx) {
    state_.key_idx_offset = static_cast<uint8_t>(*state_.last_key_idx + 1 - *first.key_idx);
  }
}

int64_t Vp8Rewriter::unwrap_picture_id(const wire::Vp8Descriptor& descriptor) {
  const uint16_t id = *descriptor.picture_id;
  const bool widened =
      descriptor.long_picture_id ? state_.short_ids.started() : state_.long_ids.started();
  if (widened) begin_epoch(descriptor);
  return descriptor.long_picture_id ? state_.long_ids.unwrap(id) : state_.short_ids.unwrap(id);
}

void Vp8Rewriter::advance(int64_t picture) {
  state_.skipped.advance(state_.highest_picture_in, picture);
  state_.highest_picture_in = picture;
}

void Vp8Rewriter::skip(const wire::Vp8Descriptor& descriptor) {
  if (!descriptor.picture_id) return;
  const int64_t picture = unwrap_picture_id(descriptor);
  if (picture <= state_.highest_picture_in) return;
  advance(picture);
  state_.skipped.mark(picture);
  --state_.picture_id_offset;
}

int64_t Vp8Rewriter::map_picture(int64_t picture) {
  if (picture > state_.highest_picture_in) advance(picture);
  const bool known = state_.highest_picture_in - picture < kSkipWindow;
  const int64_t behind = known ? state_.skipped.count_after(picture, state_.highest_picture_in) : 0;
  return picture + state_.picture_id_offset + behind;
}

size_t Vp8Rewriter::rewrite(const wire::Vp8Descriptor& descriptor, std::span<uint8_t> out) {
  wire::Vp8Descriptor rewritten = descriptor;
  bool newest = true;
  if (descriptor.picture_id) {
    const int64_t id = map_picture(unwrap_picture_id(descriptor));
    newest = !state_.last_picture_id || id >= *state_.last_picture_id;
    if (newest) state_.last_picture_id = id;
    rewritten.picture_id = static_cast<uint16_t>(id & kPictureIdMask);
    rewritten.long_picture_id = true;
  }
  if (descriptor.tl0_pic_idx) {
    const auto index = static_cast<uint8_t>(*descriptor.tl0_pic_idx + state_.tl0_pic_idx_offset);
    if (newest) state_.last_tl0_pic_idx = index;
    rewritten.tl0_pic_idx = index;
  }
  if (descriptor.key_idx) {
    const auto index =
        static_cast<uint8_t>((*descriptor.key_idx + state_.key_idx_offset) & kKeyIdxMask);
    if (newest) state_.last_key_idx = index;
    rewritten.key_idx = index;
  }
  return rewritten == descriptor ? 0 : wire::write_vp8_descriptor(rewritten, out);
}

}  // namespace forward
