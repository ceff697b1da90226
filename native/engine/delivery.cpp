#include "engine/delivery.h"

#include <utility>

#include "engine/events.h"
#include "engine/transport_step.h"

namespace engine {

namespace {

// As a layer in the contract: nothing flows.
constexpr uint8_t kNoLayer = 255;

}  // namespace

forward::Verdict deliver(Step& step, Subscription& subscription,
                         const forward::MediaPacket& packet) {
  wire::OutPacket out;
  const forward::Verdict verdict = subscription.forwarder.handle_packet(packet, out);
  const bool unsupported = verdict == forward::Verdict::kCodecUnsupported;
  if (verdict == forward::Verdict::kSend) {
    Outbound& outbound = *subscription.outbound;
    if (outbound.transport->core.send(*outbound.track, std::move(out), step.now,
                                      step.shard.transport_counters)) {
      ++step.shard.counters.rtp_forwarded;
      queue_for_flush(step.shard, *outbound.transport);
    }
  }
  const bool flowing = subscription.flowing || verdict == forward::Verdict::kSend;
  if (flowing != subscription.flowing || unsupported != subscription.codec_unsupported) {
    subscription.flowing = flowing && !unsupported;
    subscription.codec_unsupported = unsupported;
    announce_state(step, subscription);
  }
  return verdict;
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
  }
  if (subscription.announced && subscription.announced->state == event.state &&
      subscription.announced->reason == event.reason) {
    return;
  }
  subscription.announced = event;
  append_frame(step.out.events.facts, event);
}

}  // namespace engine
