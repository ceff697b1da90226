#include "forward/layer_health.h"

#include <algorithm>

namespace forward {

namespace {

// Gaps of everybody say nothing about one: of a pause no more than this counts.
constexpr base::Duration kMaxCountedGap = base::Duration::millis(200);

}  // namespace

bool LayerHealth::handle_packet(uint8_t encoding, int64_t timestamp, base::Instant now) {
  if (encoding >= encodings_.size()) return false;
  if (first_packet_at_.is_never()) first_packet_at_ = now;
  note_silence(encoding, now);
  note_frame(encodings_[encoding], timestamp, now);
  const uint8_t before = usable_;
  for (size_t n = 0; n < encodings_.size(); ++n) {
    const auto i = static_cast<uint8_t>(n);
    Encoding& it = encodings_[i];
    const auto bit = static_cast<uint8_t>(1 << i);
    if (!it.started) continue;
    if (dead(i)) {
      it.returning = true;
      usable_ &= static_cast<uint8_t>(~bit);
    } else if ((usable_ & ~bit) == 0 || trusted(it, now)) {
      usable_ |= bit;
    }
  }
  return usable_ != before;
}

void LayerHealth::note_silence(uint8_t speaker, base::Instant now) {
  const base::Duration gap = last_packet_at_.is_never()
                                 ? base::Duration{}
                                 : std::min(now - last_packet_at_, kMaxCountedGap);
  last_packet_at_ = now;
  for (size_t n = 0; n < encodings_.size(); ++n) {
    const auto i = static_cast<uint8_t>(n);
    if (i != speaker) encodings_[i].silence = encodings_[i].silence + gap;
  }
}

void LayerHealth::note_frame(Encoding& encoding, int64_t timestamp, base::Instant now) const {
  const bool back = encoding.returning && encoding.silence >= kShortLayerSilence;
  if (!encoding.started || back) {
    encoding.active_since = now;
    encoding.last_frame_at = now;
  }
  encoding.started = true;
  encoding.silence = {};
  if (timestamp == encoding.last_timestamp) return;
  const base::Duration interval = now - encoding.last_frame_at;
  encoding.frame_interval = encoding.frame_interval + (interval - encoding.frame_interval) / 8;
  encoding.last_timestamp = timestamp;
  encoding.last_frame_at = now;
}

bool LayerHealth::dead(uint8_t index) const {
  const Encoding& it = encodings_[index];
  if (it.silence >= kLayerSilence) return true;
  if (it.silence < kShortLayerSilence || it.frame_interval >= kSteadyFrameInterval) return false;
  return std::any_of(encodings_.begin(), encodings_.begin() + index, [](const Encoding& lower) {
    return lower.started && lower.silence < kSteadyFrameInterval;
  });
}

// What began with the publication is taken as it is; what comes later has to prove itself.
bool LayerHealth::trusted(const Encoding& encoding, base::Instant now) const {
  const bool from_start =
      !encoding.returning && encoding.active_since - first_packet_at_ < kLayerProbation;
  return from_start || now - encoding.active_since >= kLayerProbation;
}

bool LayerHealth::handle_ended(uint8_t encoding) {
  if (encoding >= encodings_.size() || !encodings_[encoding].started) return false;
  encodings_[encoding].returning = true;
  encodings_[encoding].silence = kLayerSilence;
  const uint8_t before = usable_;
  usable_ &= static_cast<uint8_t>(~(1 << encoding));
  return usable_ != before;
}

}  // namespace forward
