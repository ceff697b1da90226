#include "engine/media_path.h"

#include <algorithm>
#include <utility>

#include "engine/events.h"
#include "engine/transport_step.h"
#include "forward/media_packet.h"

namespace engine {

namespace {

// As a layer in the contract: nothing flows.
constexpr uint8_t kNoLayer = 255;

forward::SpeakerId speaker_id(const Publication& publication) { return pack(publication.handle); }

void note_audio_level(Step& step, Publication& publication, const wire::RtpView& view) {
  const uint8_t id = publication.transport->receive.id_of(wire::ExtensionKind::kAudioLevel);
  if (id == 0) return;
  const auto value = view.extensions().find(id);
  if (!value) return;
  const auto level = wire::read_audio_level(*value);
  if (!level) return;
  publication.level.handle_level(*level, step.now);
  Room& room = *publication.room;
  room.speakers.handle_level(speaker_id(publication), *level, step.now);
  step.shard.room_deadlines.set(room.handle.index, room.speakers.next_deadline());
}

forward::SourcePosition position_of(const transport::Media& media, base::Instant now) {
  return {.source = {media.view.ssrc, media.place.generation},
          .sequence = media.place.sequence,
          .timestamp = media.place.timestamp,
          .clock_rate = media.codec->clock_rate,
          .newest = media.place.arrival != rtp::Arrival::kLate,
          .arrived_at = now,
          .captured_at = media.captured_at};
}

// True when the subscriber cannot begin without a key frame.
bool forward_to(Step& step, Subscription& subscription, const forward::MediaPacket& packet) {
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
  return verdict == forward::Verdict::kWaitingForKeyFrame;
}

}  // namespace

void forward_media(Step& step, transport::Media& media) {
  Publication* publication = step.shard.publications.at(media.stream.track);
  if (publication == nullptr) return;
  const forward::MediaPacket packet =
      forward::describe(media.packet, media.view, position_of(media, step.now),
                        {media.codec->kind, media.codec->format}, publication->transport->receive);
  if (packet.starts_decoding && publication->kind == wire::MediaKind::kVideo) {
    publication->transport->core.receiver().handle_key_frame(media.stream, media.place.sequence);
  }
  if (publication->muted) {
    ++step.shard.counters.dropped_muted;
    return;
  }
  if (publication->kind == wire::MediaKind::kAudio) {
    note_audio_level(step, *publication, media.view);
  }
  if (media.stream.encoding != publication->forwarded_encoding) return;
  bool key_frame_wanted = false;
  for (Subscription* subscription : publication->subscriptions) {
    if (!subscription->active) continue;
    key_frame_wanted |= forward_to(step, *subscription, packet);
  }
  if (key_frame_wanted) request_key_frame(step, *publication);
}

void handle_stream_started(Step& step, Publication& publication, uint8_t encoding) {
  const bool none_live = std::none_of(publication.live.begin(), publication.live.end(),
                                      [](bool live) { return live; });
  publication.live[encoding] = true;
  if (none_live) publication.forwarded_encoding = encoding;
  refresh_forwarding(step, publication);
}

void handle_stream_ended(Step& step, Publication& publication, uint8_t encoding) {
  publication.live[encoding] = false;
  if (encoding != publication.forwarded_encoding) return;
  const auto other = std::find(publication.live.begin(), publication.live.end(), true);
  if (other == publication.live.end()) return;
  publication.forwarded_encoding = static_cast<uint8_t>(other - publication.live.begin());
  refresh_forwarding(step, publication);
  request_key_frame(step, publication);
}

void request_key_frame(Step& step, Publication& publication) {
  if (publication.kind != wire::MediaKind::kVideo || publication.muted) return;
  publication.transport->core.receiver().request_key_frame(publication.forwarded(), step.now);
  reschedule(step, *publication.transport);
}

void refresh_forwarding(Step& step, Publication& publication) {
  bool received = false;
  bool waiting = false;
  for (Subscription* subscription : publication.subscriptions) {
    const bool active = subscription->active && !publication.muted;
    subscription->forwarder.set_active(active);
    if (!active) {
      subscription->flowing = false;
      subscription->outbound->track->clear_history();
    }
    received |= active;
    waiting |= subscription->forwarder.waits_for_key_frame();
    announce_state(step, *subscription);
  }
  transport::Receiver& receiver = publication.transport->core.receiver();
  for (size_t i = 0; i < publication.live.size(); ++i) {
    const auto encoding = static_cast<uint8_t>(i);
    receiver.set_wanted({publication.handle.index, encoding},
                        received && encoding == publication.forwarded_encoding);
  }
  if (waiting) request_key_frame(step, publication);
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
