#include "engine/media_path.h"

#include <algorithm>

#include "engine/audio_path.h"
#include "engine/delivery.h"
#include "engine/video_path.h"
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
    forward_audio(step, *publication, packet);
  } else {
    forward_video(step, *publication, media.stream.encoding, packet);
  }
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

}  // namespace engine
