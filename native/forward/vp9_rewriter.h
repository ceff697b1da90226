// The third part of a forwarder, for VP9: picture id and TL0PICIDX continue across epochs. Within
// one they keep their distances, because receivers compute references from them (RFC 9628 §4.2;
// algorithms R3.25, R4.8, R4.9). The picture id always leaves with 15 bits. Rules: SPEC.md,
// [VP9-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "forward/picture_ids.h"
#include "wire/vp9.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct Vp9RewriterState {
  // As sent last; nullopt before the first.
  std::optional<int64_t> last_picture_id;
  std::optional<uint8_t> last_tl0_pic_idx;
  // Out minus in, of the epoch; the latter modulo 2^8.
  int64_t picture_id_offset = 0;
  uint8_t tl0_pic_idx_offset = 0;
  PictureIds ids;  // of the source
};

class Vp9Rewriter {
 public:
  Vp9Rewriter() = default;
  explicit Vp9Rewriter(const Vp9RewriterState& seed) : state_(seed) {}

  // `first` is the descriptor that the epoch begins with.
  void begin_epoch(const wire::Vp9Descriptor& first);

  // Writes the rewritten head (at most wire::kMaxVp9HeadSize bytes) and returns its size; it takes
  // the place of descriptor.head_size bytes of the payload. 0: nothing to rewrite.
  size_t rewrite(const wire::Vp9Descriptor& descriptor, std::span<uint8_t> out);

  const Vp9RewriterState& state() const { return state_; }

 private:
  Vp9RewriterState state_;
};

}  // namespace forward
