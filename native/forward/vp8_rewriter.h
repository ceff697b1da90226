// The third part of a forwarder, for VP8: picture id, TL0PICIDX and KEYIDX continue across epochs
// (RFC 7741 §4.2; algorithms R3.18 to R3.22); pictures left out
// take their id along. The picture id always leaves with 15 bits. Rules:
// SPEC.md, [VP8-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/unwrapper.h"
#include "forward/skip_map.h"
#include "wire/vp8.h"

namespace forward {

// Plain values: exported and seeded as they are.
struct Vp8RewriterState {
  // As sent last; nullopt before the first.
  std::optional<int64_t> last_picture_id;
  std::optional<uint8_t> last_tl0_pic_idx;
  std::optional<uint8_t> last_key_idx;
  // Out minus in, of the epoch, at `highest_picture_in`; modulo 2^8 and 2^5 the other two.
  int64_t picture_id_offset = 0;
  uint8_t tl0_pic_idx_offset = 0;
  uint8_t key_idx_offset = 0;
  // Of the source; one of the two is in use.
  base::Unwrapper<uint16_t, 15> long_ids;
  base::Unwrapper<uint16_t, 7> short_ids;
  int64_t highest_picture_in = 0;
  SkipMap skipped;  // pictures
};

class Vp8Rewriter {
 public:
  Vp8Rewriter() = default;
  explicit Vp8Rewriter(const Vp8RewriterState& seed) : state_(seed) {}

  // `first` is the descriptor that the epoch begins with.
  void begin_epoch(const wire::Vp8Descriptor& first);

  // Leaves a packet's picture out: its id closes up, once for all its packets, unless a later
  // picture was sent (R3.19).
  void skip(const wire::Vp8Descriptor& descriptor);

  // Writes the rewritten descriptor (at most wire::kMaxVp8DescriptorSize bytes) and returns its
  // size; it takes the place of descriptor.size bytes of the payload. 0: nothing to rewrite.
  size_t rewrite(const wire::Vp8Descriptor& descriptor, std::span<uint8_t> out);

  const Vp8RewriterState& state() const { return state_; }

 private:
  int64_t unwrap_picture_id(const wire::Vp8Descriptor& descriptor);
  int64_t map_picture(int64_t picture);
  void advance(int64_t picture);

  Vp8RewriterState state_;
};

}  // namespace forward
