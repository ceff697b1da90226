#include "engine/media_path.h"

#include "engine/audio_path.h"
#include "engine/delivery.h"
#include "engine/relays.h"
#include "engine/upstream.h"
#include "engine/video_path.h"
#include "engine/video_run.h"
#include "forward/media_packet.h"

namespace engine {

namespace {

forward::SourcePosition position_of(const transport::Media& media, base::Instant now) {
  return {.source = {media.view.ssrc, media.place.generation},
          .sequence = media.place.sequence,
          .timestamp = media.place.timestamp,
          .clock_rate = media.codec->clock_rate,
          .newest = media.place.arrival != rtp::Arrival::kLate,
          .arrived_at = now,
          .captured_at = media.captured_at};
}

// Over a link goes one encoding, and nothing in its place when it does not deliver.
uint8_t usable_for(const Publication& publication, const Subscription& subscription) {
  const uint8_t usable = usable_encodings(publication);
  if (!subscription.pinned) return usable;
  return static_cast<uint8_t>(usable & 1u << *subscription.pinned);
}

// Layers as the contract counts them: encodings where there are several, else inside the one.
forward::LayerTarget target_of(const Publication& publication, const Subscription& subscription) {
  if (subscription.pinned) return {};
  if (!publication.simulcast()) return {forward::kHighestEncoding, subscription.target};
  return {subscription.target.spatial,
          {forward::kEveryLayer.spatial, subscription.target.temporal}};
}

bool can_receive(const Subscription& subscription) {
  return subscription.tap || subscription.outbound->transport->core.association().can_send();
}

void set_forwarders(Step& step, Publication& publication) {
  finish_run(step, publication);  // by what held until now
  publication.run.interests.clear();
  for (Subscription* subscription : publication.subscriptions) {
    const bool active = subscription->active && !publication.muted && can_receive(*subscription);
    forward::Forwarder& forwarder = subscription->forwarder;
    forwarder.set_active(active);
    forwarder.set_target(target_of(publication, *subscription), step.now);
    forwarder.set_usable(usable_for(publication, *subscription), step.now);
    if (!active) {
      subscription->flowing = false;
      if (!subscription->tap) subscription->outbound->track->clear_history();
    }
    announce_state(step, *subscription);
  }
}

}  // namespace

void forward_media(Step& step, transport::Media& media) {
  Publication* publication = step.shard.publications.at(media.stream.track);
  if (publication == nullptr) return;
  forward::MediaPacket packet = forward::describe(
      media.packet, media.view, position_of(media, step.now),
      {media.codec->kind, media.codec->format}, publication->receive(), media.stream.encoding);
  forward_packet(step, *publication, packet);
}

void forward_packet(Step& step, Publication& publication, forward::MediaPacket& packet) {
  const bool video = publication.kind == wire::MediaKind::kVideo;
  if (video) publication.dependencies[packet.encoding].describe(packet);
  if (packet.starts_decoding && video) {
    // What was in force for the packets before ends, and who waits is served by this one.
    finish_run(step, publication);
    note_key_frame(publication, packet.encoding, packet.position.sequence);
  }
  const bool layers_changed =
      publication.is_measured() && measure_layers(step, publication, packet);
  if (layers_changed) set_forwarders(step, publication);
  if (publication.muted) {
    ++step.shard.counters.dropped_muted;
  } else {
    relay_packet(step, publication, packet);
    if (video) {
      forward_video(step, publication, packet);
    } else {
      forward_audio(step, publication, packet);
    }
  }
  // Not before: the packet may be the very key frame that would be asked for.
  if (layers_changed) {
    tell_relays(step, publication);
    refresh_requests(step, publication);
  }
}

void set_muted(Step& step, Publication& publication, bool muted) {
  publication.muted = muted;
  // What was seen before a pause is no start after it.
  for (forward::KeyFrameCache& cache : publication.caches) cache.clear();
  list_audio(publication);
  refresh_forwarding(step, publication);
}

// One that falls silent is no loss while all are: a camera that is off comes back as it was.
void handle_stream_ended(Step& step, Publication& publication, const transport::StreamEnd& end) {
  if (end.reason == transport::StreamEndReason::kSilent || publication.usable_there) return;
  if (!publication.health.handle_ended(end.stream.encoding)) return;
  publication.meter.handle_change();
  refresh_forwarding(step, publication);
}

void refresh_forwarding(Step& step, Publication& publication) {
  tell_relays(step, publication);
  set_forwarders(step, publication);
  refresh_requests(step, publication);
}

}  // namespace engine
