#include "engine/delivery.h"

#include <utility>

#include "engine/events.h"
#include "engine/taps.h"
#include "engine/transport_step.h"
#include "engine/video_path.h"

namespace engine {

namespace {

// As a layer in the contract: nothing flows.
constexpr uint8_t kNoLayer = 255;
// Of a subscription's layer at most ten changes a second are told: facts are never dropped, and a
// publisher could make many.
constexpr base::Duration kLayerSpacing = base::Duration::millis(100);

void name_layer(const Subscription& subscription, SubscriptionStateEvent& event) {
  const auto flowing = subscription.forwarder.flowing();
  if (!flowing) return;
  event.spatial =
      subscription.publication->simulcast() ? flowing->encoding : flowing->inside.spatial;
  event.temporal = flowing->inside.temporal;
}

bool same_layer(const SubscriptionStateEvent& a, const SubscriptionStateEvent& b) {
  return a.spatial == b.spatial && a.temporal == b.temporal;
}

}  // namespace

forward::Verdict forward_to(Step& step, Subscription& subscription,
                            const forward::MediaPacket& packet,
                            const forward::Redundancy* redundancy) {
  wire::OutPacket& out = step.shard.out_packet;
  const forward::Verdict verdict = subscription.forwarder.handle_packet(packet, out);
  if (verdict != forward::Verdict::kSend) return verdict;
  Outbound& outbound = *subscription.outbound;
  if (redundancy != nullptr) {
    forward::add_redundancy(*redundancy, packet.position.timestamp,
                            subscription.audio_epoch.begun_at, outbound.red_payload_type, out);
    // Sent again as what it is: Opus has another payload type of its own for that.
    if (out.header.payload_type == outbound.red_payload_type) {
      out.rtx_payload_type = outbound.red_rtx_payload_type;
    }
  }
  ShardState& shard = step.shard;
  if (subscription.tap) {
    tap_packet(step, subscription, packet, out);
    ++shard.counters.rtp_forwarded;
  } else if (outbound.transport->core.send(*outbound.track, out, step.now, outlet_of(step))) {
    ++shard.counters.rtp_forwarded;
    queue_for_flush(shard, *outbound.transport);
  }
  out.source.reset();
  return verdict;
}

void note_outcome(Step& step, Subscription& subscription, forward::Verdict verdict) {
  const bool unsupported = verdict == forward::Verdict::kCodecUnsupported;
  if (!unsupported && verdict != forward::Verdict::kSend) return;
  const bool begins = !subscription.flowing && !unsupported;
  subscription.flowing = !unsupported;
  subscription.codec_unsupported = unsupported;
  announce_state(step, subscription);
  // On the other node sound and picture have to be brought together before anybody plays them.
  if (begins && subscription.pinned) report_at_once(step, subscription);
}

void deliver(Step& step, Subscription& subscription, const forward::MediaPacket& packet,
             const forward::Redundancy* redundancy) {
  note_outcome(step, subscription, forward_to(step, subscription, packet, redundancy));
}

void announce_state(Step& step, Subscription& subscription) {
  SubscriptionStateEvent event{subscription.handle, SubscriptionState::kWaiting,
                               SubscriptionReason::kNone, kNoLayer, kNoLayer};
  if (!subscription.active) {
    event.state = SubscriptionState::kPaused;
    event.reason = subscription.pause_reason;
  } else if (subscription.publication->muted) {
    event.state = SubscriptionState::kPaused;
    event.reason = SubscriptionReason::kMuted;
  } else if (subscription.codec_unsupported) {
    event.state = SubscriptionState::kPaused;
    event.reason = SubscriptionReason::kCodecUnsupported;
  } else if (subscription.flowing) {
    event.state = SubscriptionState::kActive;
    name_layer(subscription, event);
  }
  const auto& last = subscription.announced;
  if (last && last->state == event.state && last->reason == event.reason &&
      (same_layer(*last, event) || step.now - subscription.announced_at < kLayerSpacing)) {
    return;
  }
  subscription.announced = event;
  subscription.announced_at = step.now;
  append_frame(step.out.events.facts, event);
}

}  // namespace engine
