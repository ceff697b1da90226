// Joins one publication to one outbound stream: selects, rewrites, drops. Knows no address and no
// key, copies no payload, allocates nothing per packet. Rules: SPEC.md, [FWD-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/media_clock.h"
#include "base/prefetch.h"
#include "base/time.h"
#include "forward/dependency_rewriter.h"
#include "forward/layer_filters.h"
#include "forward/media_packet.h"
#include "forward/rtp_rewriter.h"
#include "forward/selector.h"
#include "forward/vp8_rewriter.h"
#include "forward/vp9_rewriter.h"
#include "wire/out_packet.h"
#include "wire/rtp_extensions.h"

namespace forward {

// A payload type that the subscriber accepts.
struct OutboundCodec {
  PayloadFormat format;
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = wire::kNoPayloadType;
};

struct ForwarderConfig {
  wire::MediaKind kind = wire::MediaKind::kVideo;
  uint32_t ssrc = 0;
  wire::Mid mid;
  std::vector<OutboundCodec> codecs;
};

// The most that a subscriber is to get: an encoding, and layers inside it.
struct LayerTarget {
  uint8_t encoding = kHighestEncoding;
  Layer inside = kEveryLayer;

  bool operator==(const LayerTarget&) const = default;
};

// Everything a successor needs to go on where this one stops, on the same outbound stream: in
// another forwarder (slot reuse), another process or another node. Plain values.
struct ForwarderState {
  LayerTarget target;
  SelectorState selector;
  LayerFiltersState layers;
  RtpRewriterState rtp;
  Vp8RewriterState vp8;
  Vp9RewriterState vp9;
  DependencyRewriterState dependency;
};

// What a stream that has sent nothing yet starts from; `first_sequence` is random.
ForwarderState initial_state(uint16_t first_sequence);
// The state with its epoch ended: the successor forwards another publication.
ForwarderState without_source(const ForwarderState& state);

// What a subscriber gets.
struct FlowingLayer {
  uint8_t encoding = 0;
  Layer inside;

  bool operator==(const FlowingLayer&) const = default;
};

enum class Verdict : uint8_t {
  kSend,
  kInactive,            // paused, hidden or muted
  kWaitingForKeyFrame,  // ask the publisher for one
  kSkipped,             // left out by choice
  kTooLate,             // before the epoch, or behind what can still be numbered
  kCodecUnsupported,    // the subscriber has no payload type for it
};

class Forwarder {
 public:
  Forwarder(ForwarderConfig config, const ForwarderState& seed);

  // Asks for what `handle_packet` reads; `prefetch_ahead` once that is there. Sound has nothing in
  // its payload that is rewritten.
  void prefetch(wire::MediaKind kind) const {
    if (kind == wire::MediaKind::kAudio) {
      base::prefetch_bytes(this, &vp8_);
    } else {
      base::prefetch_bytes(this, &layers_);
    }
    layers_.prefetch();
  }
  void prefetch_ahead() const {
    if (!config_.codecs.empty()) base::prefetch(config_.codecs.front());
    layers_.prefetch_ahead();
  }

  // Decides about one packet of the publication. On kSend `out` is the packet to enqueue; otherwise
  // it is untouched.
  Verdict handle_packet(const MediaPacket& packet, wire::OutPacket& out);

  void set_active(bool active) { selector_.set_active(active); }
  bool active() const { return selector_.active(); }
  void set_target(const LayerTarget& target, base::Instant now);
  // A bit per encoding of the publication that delivers.
  void set_usable(uint8_t encodings, base::Instant now);

  // nullopt while nothing flows.
  std::optional<FlowingLayer> flowing() const;
  // Whether a key frame that came at `first` is not older than what was sent last.
  bool may_begin_with(const SourcePosition& first) const;
  // The encoding whose key frame it cannot go on without, or not to where it should be. Ask again
  // after every packet and every change; asking the publisher twice is for the caller to avoid.
  std::optional<uint8_t> key_frame_wanted(base::Instant now);
  // A bit per encoding of which a packet may be forwarded, now or as a start.
  uint8_t useful_encodings() const { return selector_.useful(); }
  // Active, video, and nothing to begin with yet.
  bool waits_for_key_frame() const;

  // The subscriber's header extensions, at creation and whenever they are negotiated anew.
  void set_extensions(const wire::ExtensionMap& receiver);

  // Ties our time to the outgoing timestamps, for sender reports: nullopt until the publisher's
  // sender reports say so.
  std::optional<base::MediaClock> media_clock() const { return rtp_.media_clock(); }

  // As the subscriber has them, but unwrapped: the number of a packet that was sent by its low
  // bits, and the timestamp of one of the present epoch.
  int64_t unwrapped(uint16_t sequence) const { return rtp_.unwrapped(sequence); }
  int64_t mapped(int64_t timestamp) const { return rtp_.map_timestamp(timestamp); }

  ForwarderState export_state() const {
    return {target_,      selector_.state(), layers_.state(),    rtp_.state(),
            vp8_.state(), vp9_.state(),      dependency_.state()};
  }

 private:
  const OutboundCodec* codec_for(PayloadFormat format) const;
  Choice choose(const MediaPacket& packet);
  bool begin_epoch(const MediaPacket& packet);
  Verdict without_epoch() const;
  Verdict skip(const MediaPacket& packet);
  bool concerns(const MediaPacket& packet) const;
  void limit_layers();
  void fill(const MediaPacket& packet, const OutboundCodec& codec, int64_t sequence,
            wire::OutPacket& out);
  void rewrite_payload(const MediaPacket& packet, wire::OutPacket& out);
  void pass_extensions(const MediaPacket& packet, wire::OutPacket& out) const;
  void pass_descriptor(const MediaPacket& packet, const LayerDecision& layer, wire::OutPacket& out);

  // In front what every packet needs.
  ForwarderConfig config_;
  wire::OutExtensionIds own_ids_;
  std::array<uint8_t, wire::kExtensionKinds> passed_ids_{};  // by kind; 0 = not passed on
  LayerTarget target_;
  Selector selector_;
  RtpRewriter rtp_;
  Vp8Rewriter vp8_;
  LayerFilters layers_;
  Vp9Rewriter vp9_;
  DependencyRewriter dependency_;
};

}  // namespace forward
