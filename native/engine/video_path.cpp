#include "engine/video_path.h"

#include <array>
#include <optional>
#include <span>

#include "engine/event_buffer.h"
#include "engine/late_start.h"
#include "engine/relays.h"
#include "engine/transport_step.h"
#include "engine/upstream.h"
#include "engine/video_run.h"

namespace engine {

namespace {

// IPv4 and UDP, and the longest SRTP tag: what a packet is on the wire beyond its RTP.
constexpr size_t kWireOverhead = 28 + 16;

// A bit per encoding that a subscription gets; sound begins with any packet.
uint32_t received_encodings(const Publication& publication) {
  const bool audio = publication.kind == wire::MediaKind::kAudio;
  uint32_t received = received_elsewhere(publication);
  for (const Subscription* subscription : publication.subscriptions) {
    const auto flowing = subscription->forwarder.flowing();
    if (!subscription->forwarder.active()) continue;
    if (audio || flowing) received |= 1u << (flowing ? flowing->encoding : 0);
  }
  return received;
}

// A bit per encoding whose key frame a subscription cannot go on without.
uint32_t needed_key_frames(const Publication& publication, base::Instant now) {
  uint32_t needed = key_frames_needed_elsewhere(publication);
  for (Subscription* subscription : publication.subscriptions) {
    const auto encoding = subscription->forwarder.key_frame_wanted(now);
    if (encoding) needed |= 1u << *encoding;
  }
  return needed;
}

uint8_t useful_encodings(const Publication& publication) {
  uint8_t useful = 0;
  for (const Subscription* subscription : publication.subscriptions) {
    useful |= subscription->forwarder.useful_encodings();
  }
  return useful;
}

void emit_layer_rates(Step& step, const Publication& publication) {
  std::array<LayerRate, forward::kMeteredSpatial * forward::kMeteredTemporal> layers;
  size_t count = 0;
  for (size_t spatial = 0; spatial < forward::kMeteredSpatial; ++spatial) {
    const auto encoding = static_cast<uint8_t>(publication.simulcast() ? spatial : 0);
    const wire::VideoSize size = publication.meter.size(spatial);
    for (size_t temporal = 0; temporal < forward::kMeteredTemporal; ++temporal) {
      if (!publication.meter.known(spatial, temporal)) continue;
      layers[count++] = {.spatial = static_cast<uint8_t>(spatial),
                         .temporal = static_cast<uint8_t>(temporal),
                         .bitrate_bps = publication.meter.rate(spatial, temporal),
                         .alive = publication.health.is_usable(encoding),
                         .width = size.width,
                         .height = size.height,
                         .key_bytes = publication.key_pictures.bytes(spatial)};
    }
  }
  append_frame(step.out.events.readings,
               LayerRatesEvent{.publication = publication.handle,
                               .at_us = static_cast<double>(step.now.us),
                               .layers = List<LayerRate>(std::span(layers).first(count))});
}

// Of an encoding of several, the size is that of its highest layer.
void note_layer_sizes(Publication& publication, const forward::MediaPacket& packet) {
  const std::span<const wire::VideoSize> sizes = packet.sizes();
  if (sizes.empty()) return;
  if (publication.simulcast()) {
    publication.meter.handle_size(packet.encoding, sizes.back());
    return;
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    publication.meter.handle_size(static_cast<uint8_t>(i), sizes[i]);
  }
}

}  // namespace

void report_at_once(Step& step, const Subscription& subscription) {
  if (subscription.tap) return;
  const Outbound& outbound = *subscription.outbound;
  outbound.transport->core.sender().hasten_report(outbound.handle.index, step.now);
  reschedule(step, *outbound.transport);
}

bool measure_layers(Step& step, Publication& publication, const forward::MediaPacket& packet) {
  const uint8_t spatial = publication.simulcast() ? packet.encoding : packet.spatial_id;
  const size_t bytes = packet.packet.bytes().size() + kWireOverhead;
  publication.meter.handle_packet(spatial, packet.temporal_id, bytes, step.now);
  const bool key_is_whole =
      publication.key_pictures.handle_packet({.encoding = packet.encoding,
                                              .spatial = spatial,
                                              .timestamp = packet.position.timestamp,
                                              .begins_key = packet.starts_decoding,
                                              .bytes = bytes});
  if (packet.size) publication.meter.handle_size(spatial, *packet.size);
  note_layer_sizes(publication, packet);
  const bool changed =
      publication.health.handle_packet(packet.encoding, packet.position.timestamp, step.now);
  if (changed || key_is_whole) publication.meter.handle_change();
  if (publication.meter.take_due(step.now)) emit_layer_rates(step, publication);
  return changed;
}

void forward_video(Step& step, Publication& publication, const forward::MediaPacket& packet) {
  append_to_run(step, publication, packet);
}

void handle_picture_loss(Step& step, Subscription& subscription) {
  Publication& publication = *subscription.publication;
  forward::Forwarder& forwarder = subscription.forwarder;
  if (!subscription.active || publication.kind != wire::MediaKind::kVideo) return;
  std::optional<uint8_t> encoding = forwarder.key_frame_wanted(step.now);
  if (const auto flowing = forwarder.flowing(); !encoding && flowing) encoding = flowing->encoding;
  if (!encoding) return;
  // One that is asked for already serves this subscriber too, and costs it nothing.
  if (is_key_frame_asked(publication, *encoding).value_or(true)) return;
  // The other end of a link asks for all of its own, throttled as we do it.
  if (!subscription.pinned && !subscription.key_frame_budget.take(step.now)) return;
  ask_key_frame(step, publication, *encoding);
  tell_origin(step, publication);
}

void request_key_frames(Step& step, Publication& publication) {
  if (publication.kind != wire::MediaKind::kVideo) return;
  const uint32_t wanted =
      received_encodings(publication) | needed_key_frames(publication, step.now);
  for (size_t n = 0; n < publication.encodings; ++n) {
    const auto i = static_cast<uint8_t>(n);
    if ((wanted >> i & 1) != 0) ask_key_frame(step, publication, i);
  }
  tell_origin(step, publication);
}

void refresh_requests(Step& step, Publication& publication) {
  finish_run(step, publication);  // the cache holds it too
  for (Subscription* subscription : publication.subscriptions) {
    if (subscription->active && begin_from_cache(step, *subscription)) {
      publication.run.interests.clear();
    }
  }
  const uint32_t received = received_encodings(publication);
  const uint32_t needed = needed_key_frames(publication, step.now);
  for (size_t n = 0; n < publication.encodings; ++n) {
    const auto i = static_cast<uint8_t>(n);
    const bool wanted = (received >> i & 1) != 0;
    set_received(publication, i, wanted);
    if ((needed >> i & 1) != 0) {
      ask_key_frame(step, publication, i);
    } else if (!wanted) {
      cancel_key_frame(publication, i);
    }
  }
  set_useful(publication, useful_encodings(publication));
  tell_origin(step, publication);
}

}  // namespace engine
