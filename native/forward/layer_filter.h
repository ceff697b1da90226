// Layers inside one encoding: scalable video and temporal layers. One class per mechanism decides
// which frames a subscriber gets; each is a `LayerFilter`. A forwarder asks the one that fits the
// encoding (layer_filters.h) after its selector has chosen the source, and before numbers are
// given:
//
//   selector: kBegin ──► begin_epoch(packet), then choose(packet)
//   selector: kForward ► choose(packet) ─► kForward: number, rewrite, send with decision.marker
//                                       ─► kSkip:    RtpRewriter::skip, so that numbers close up
//                                       ─► kIgnore:  nothing: its place is unknown or gone
//
// Rules: SPEC.md, [LAY-*].
#pragma once

#include <concepts>
#include <cstdint>

#include "forward/media_packet.h"

namespace forward {

// A layer of one encoding, or the highest wanted of it. Both count from 0.
struct Layer {
  uint8_t spatial = 0;
  uint8_t temporal = 0;

  bool operator==(const Layer&) const = default;
};
// No limit.
inline constexpr Layer kEveryLayer{255, 255};

enum class LayerChoice : uint8_t {
  kForward,
  kSkip,    // left out by choice: the subscriber must not notice a loss
  kIgnore,  // too late to be decided, or from before the epoch
};

struct LayerDecision {
  LayerChoice choice = LayerChoice::kForward;
  // To be sent: set where the picture ends for this subscriber (algorithms R4.7, R4.18).
  bool marker = false;
  // Decode targets to announce in the dependency descriptor; 0 = as it came (R4.17).
  uint32_t active_targets = 0;
};

// begin_epoch: the first packet of a key frame; what was known of the source before is forgotten,
// the target stays. choose: all packets of one frame get one answer, late ones too.
// set_target: takes effect where the stream allows, later than the call. current: what is
// forwarded now, at most. wants_key_frame: the target cannot be reached, or what is forwarded
// cannot be decoded, without a key frame; asking for it (and how often) is the caller's. state:
// plain values that seed a successor. No allocation; all histories are bounded.
template <typename T>
concept LayerFilter = requires(T filter, const T& constant, const MediaPacket& packet) {
  filter.begin_epoch(packet);
  filter.set_target(Layer{});
  { filter.choose(packet) } -> std::same_as<LayerDecision>;
  { constant.current() } -> std::same_as<Layer>;
  { constant.wants_key_frame() } -> std::same_as<bool>;
  constant.state();
};

}  // namespace forward
