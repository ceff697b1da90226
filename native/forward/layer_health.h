// Which encodings of a publication can be switched to, and which have died under their subscribers
// (algorithms R3.33 to R3.36). What counts is the silence of one while others deliver: a camera
// that is off, or a still screen, kills none. Rules: SPEC.md, [HLT-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace forward {

inline constexpr size_t kMaxHealthEncodings = 8;
// Dead after this silence; after the shorter one where a frame was due long ago and lower encodings
// deliver.
inline constexpr base::Duration kLayerSilence = base::Duration::millis(1500);
inline constexpr base::Duration kShortLayerSilence = base::Duration::millis(400);
inline constexpr base::Duration kSteadyFrameInterval = base::Duration::millis(100);
// One that comes (back) while others deliver is trusted after this.
inline constexpr base::Duration kLayerProbation = base::Duration::seconds(2);

class LayerHealth {
 public:
  // A packet of `encoding` arrived, of the frame with this (unwrapped) timestamp. True when an
  // encoding became usable or died.
  bool handle_packet(uint8_t encoding, int64_t timestamp, base::Instant now);
  // The publisher ended it. True when it was usable.
  bool handle_ended(uint8_t encoding);

  // A bit per encoding.
  uint8_t usable() const { return usable_; }
  bool is_usable(uint8_t encoding) const { return (usable_ >> encoding & 1) != 0; }

 private:
  struct Encoding {
    bool started = false;
    bool returning = false;  // after a death
    base::Instant active_since;
    int64_t last_timestamp = 0;
    base::Instant last_frame_at;
    base::Duration silence;  // while others delivered
    base::Duration frame_interval = base::Duration::seconds(1);
  };

  void note_frame(Encoding& encoding, int64_t timestamp, base::Instant now) const;
  void note_silence(uint8_t speaker, base::Instant now);
  bool dead(uint8_t index) const;
  bool trusted(const Encoding& encoding, base::Instant now) const;

  std::array<Encoding, kMaxHealthEncodings> encodings_{};
  base::Instant first_packet_at_ = base::Instant::never();
  base::Instant last_packet_at_ = base::Instant::never();
  uint8_t usable_ = 0;
};

}  // namespace forward
