#include "engine/audio_path.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "engine/delivery.h"
#include "engine/events.h"
#include "wire/opus.h"
#include "wire/red.h"

namespace engine {

namespace {

// The dominant speaker's packets of silence are let through this long: they tell a decoder that
// this is a pause, and after it nothing new (algorithms R5.4).
constexpr base::Duration kPauseAfterSpeech = base::Duration::seconds(2);

forward::SpeakerId speaker_id(const Publication& publication) { return pack(publication.handle); }

std::optional<wire::AudioLevel> level_of(const Publication& publication,
                                         const wire::RtpView& view) {
  const uint8_t id = publication.receive().id_of(wire::ExtensionKind::kAudioLevel);
  if (id == 0) return std::nullopt;
  const auto value = view.extensions().find(id);
  return value ? wire::read_audio_level(*value) : std::nullopt;
}

void note_audio_level(Step& step, Publication& publication, wire::AudioLevel level) {
  publication.level.handle_level(level, step.now);
  Room& room = *publication.room;
  room.speakers.handle_level(speaker_id(publication), level, step.now);
  step.shard.room_deadlines.set(room.handle.index, room.speakers.next_deadline());
}

const Publication* dominant_of(const Step& step, const Room& room) {
  const auto speaker = room.speakers.dominant();
  return speaker ? step.shard.publications.find(unpack(*speaker)) : nullptr;
}

// The newest frame of a packet as if it had come in plain Opus, and what came with it.
struct AudioFrame {
  wire::RtpView view;
  wire::RedPayload red;  // offsets in the payload of the packet; count is 0 for plain Opus
  bool empty = false;    // padding
  bool silent = false;   // Opus that has nothing to say (algorithms R5.14 for RED)
};

// False when it is RED that cannot be read, or carries something else than the track's Opus.
bool read_frame(const Publication& publication, const forward::MediaPacket& packet,
                AudioFrame& frame) {
  frame.view = packet.view;
  if (packet.format.codec == wire::CodecKind::kRed && !packet.empty) {
    if (wire::parse_red(packet.view.payload(), frame.red) != wire::ParseError::kNone) return false;
    const auto blocks = std::span(frame.red.blocks).first(frame.red.count);
    const uint8_t expected = publication.audio.opus_payload_type;
    if (std::any_of(blocks.begin(), blocks.end(),
                    [expected](const auto& it) { return it.payload_type != expected; })) {
      return false;
    }
    frame.view.payload_offset =
        static_cast<uint16_t>(packet.view.payload_offset + frame.red.primary().offset);
    frame.view.payload_size = frame.red.primary().size;
  }
  frame.empty = frame.view.payload_size == 0;
  frame.silent = wire::is_opus_dtx(frame.view.payload());
  return true;
}

forward::MediaPacket with_view(const forward::MediaPacket& packet, const wire::RtpView& view,
                               forward::PayloadFormat format) {
  return {.packet = packet.packet,
          .view = view,
          .position = packet.position,
          .format = format,
          .starts_decoding = true,
          .empty = view.payload_size == 0,
          .size = {},
          .layer_sizes = {},
          .vp8 = {},
          .vp9 = {},
          .descriptor = {},
          .dependency = nullptr,
          .extensions = packet.extensions,
          .extension_count = packet.extension_count};
}

// Whoever plays it; a link has it all, whoever is heard here.
bool is_listener(const Subscription& subscription) {
  return subscription.active && !subscription.pinned;
}

void begin_anew(Publication& publication) {
  publication.audio.recovery.reset();
  publication.audio.maker.reset();
  for (Subscription* subscription : publication.subscriptions) {
    if (!is_listener(*subscription)) continue;
    subscription->forwarder.set_active(false);
    subscription->forwarder.set_active(true);
    subscription->flowing = false;
  }
}

// Nobody can be told apart by a late packet: it goes where its neighbours went.
bool is_heard(Step& step, Publication& publication, const forward::MediaPacket& packet,
              std::optional<wire::AudioLevel> level) {
  forward::AudioPlace& place = publication.audio.place;
  if (!packet.position.newest || packet.empty) return place.forwarded;
  const Publication* dominant = dominant_of(step, *publication.room);
  const forward::AudioChoice choice = publication.room->audio.choose(
      place, level, dominant != nullptr ? &dominant->audio.place : nullptr, step.now);
  if (choice == forward::AudioChoice::kEnter) begin_anew(publication);
  return choice != forward::AudioChoice::kWithhold;
}

bool is_gated(const Step& step, const Publication& publication, const AudioFrame& frame) {
  if (!frame.silent || !publication.room->gate_silence) return false;
  const bool in_a_pause = step.now - publication.audio.place.sounded_at <= kPauseAfterSpeech;
  return !in_a_pause || dominant_of(step, *publication.room) != &publication;
}

bool has_red(const Subscription& subscription) {
  return subscription.outbound->red_payload_type != wire::kNoPayloadType;
}

void note_epoch(Subscription& subscription, const forward::SourcePosition& position) {
  AudioEpoch& epoch = subscription.audio_epoch;
  if (subscription.flowing && epoch.source == position.source) return;
  epoch = {position.source, position.timestamp};
}

// What is missing before this packet and came along in it, to subscribers of plain Opus.
void deliver_recovered(Step& step, Publication& publication, const forward::MediaPacket& packet,
                       const AudioFrame& frame) {
  std::array<forward::RecoveredFrame, forward::kMaxRecovered> recovered;
  const auto redundant =
      frame.red.count > 0 ? frame.red.redundant() : std::span<const wire::RedBlock>{};
  const size_t count =
      publication.audio.recovery.handle_packet(packet.position, frame.empty, redundant, recovered);
  for (size_t i = 0; i < count; ++i) {
    wire::RtpView view = packet.view;
    view.payload_offset =
        static_cast<uint16_t>(packet.view.payload_offset + recovered[i].block.offset);
    view.payload_size = recovered[i].block.size;
    view.marker = false;
    forward::MediaPacket lost = with_view(packet, view, publication.audio.opus);
    lost.starts_decoding = false;
    lost.extension_count = 0;  // they speak of the newest frame
    lost.position.sequence = recovered[i].sequence;
    lost.position.timestamp = recovered[i].timestamp;
    if (wire::is_opus_dtx(view.payload())) continue;
    ++step.shard.counters.audio_frames_recovered;
    for (Subscription* subscription : publication.subscriptions) {
      if (is_listener(*subscription) && !has_red(*subscription)) {
        deliver(step, *subscription, lost);
      }
    }
  }
}

// The frames that came along in the packet.
const forward::Redundancy* carried_redundancy(const forward::MediaPacket& packet,
                                              const AudioFrame& frame,
                                              forward::Redundancy& storage) {
  if (frame.red.count <= 1) return nullptr;
  storage.packet = packet.packet;
  storage.frames = frame.red;
  for (size_t i = 0; i < storage.frames.count; ++i) {
    storage.frames.blocks[i].offset =
        static_cast<uint16_t>(storage.frames.blocks[i].offset + packet.view.payload_offset);
  }
  return &storage;
}

// nullptr when nothing goes along with this packet.
const forward::Redundancy* redundancy_of(Step& step, Publication& publication,
                                         const forward::MediaPacket& opus,
                                         const forward::MediaPacket& packet,
                                         const AudioFrame& frame, forward::Redundancy& storage) {
  if (frame.red.count > 1) return carried_redundancy(packet, frame, storage);
  if (frame.red.count == 1 || frame.empty || !opus.position.newest) return nullptr;
  const auto& subscriptions = publication.subscriptions;
  const bool wanted = std::any_of(subscriptions.begin(), subscriptions.end(),
                                  [](const auto* it) { return is_listener(*it) && has_red(*it); });
  if (!wanted ||
      !publication.audio.maker.handle_packet(opus, frame.silent, step.shard.packets, storage)) {
    return nullptr;
  }
  ++step.shard.counters.audio_frames_repeated;
  return &storage;
}

void deliver_to_all(Step& step, Publication& publication, const forward::MediaPacket& opus,
                    const forward::Redundancy* redundancy) {
  const bool filled =
      !opus.position.newest && publication.audio.recovery.was_recovered(opus.position);
  const std::span<Subscription* const> all = publication.subscriptions;
  for (size_t i = 0; i < all.size(); ++i) {
    prefetch_subscribers(wire::MediaKind::kAudio, [&](size_t ahead) {
      return i + 1 + ahead < all.size() ? all[i + 1 + ahead] : nullptr;
    });
    Subscription& subscription = *all[i];
    if (!is_listener(subscription)) continue;
    const bool red = has_red(subscription);
    if (filled && !red) continue;
    note_epoch(subscription, opus.position);
    deliver(step, subscription, opus, red ? redundancy : nullptr);
  }
}

// Who is heard on another node is decided there, by all that is spoken ([LINK-6]).
void deliver_to_links(Step& step, Publication& publication, const forward::MediaPacket& opus,
                      const forward::MediaPacket& packet, const AudioFrame& frame) {
  if (publication.links == 0) return;
  forward::Redundancy storage;
  const forward::Redundancy* redundancy = carried_redundancy(packet, frame, storage);
  for (Subscription* subscription : publication.subscriptions) {
    if (!subscription->active || !subscription->pinned) continue;
    note_epoch(*subscription, opus.position);
    deliver(step, *subscription, opus, has_red(*subscription) ? redundancy : nullptr);
  }
}

}  // namespace

void forward_audio(Step& step, Publication& publication, const forward::MediaPacket& packet) {
  AudioFrame frame;
  if (!read_frame(publication, packet, frame)) {
    step.shard.transport_counters.drop(&transport::Counters::dropped_malformed_rtp);
    return;
  }
  // Padding carries a level of its own invention: Chromium's probes say 0, the loudest there is.
  const auto level =
      packet.position.newest && !frame.empty ? level_of(publication, packet.view) : std::nullopt;
  if (level) note_audio_level(step, publication, *level);
  const bool plain = packet.format.codec != wire::CodecKind::kRed;
  forward::MediaPacket opus =
      with_view(packet, frame.view, plain ? packet.format : publication.audio.opus);
  deliver_to_links(step, publication, opus, packet, frame);
  if (!is_heard(step, publication, opus, level)) {
    ++publication.audio.dropped_not_loudest;
    ++step.shard.counters.dropped_not_loudest;
    return;
  }
  if (packet.position.newest) deliver_recovered(step, publication, packet, frame);
  forward::Redundancy storage;
  const forward::Redundancy* redundancy =
      redundancy_of(step, publication, opus, packet, frame, storage);
  if (is_gated(step, publication, frame)) {
    ++publication.audio.dropped_silence;
    ++step.shard.counters.dropped_silence;
    opus.empty = true;  // left out like padding: numbers close up
  }
  deliver_to_all(step, publication, opus, redundancy);
}

void list_audio(Publication& publication) {
  if (publication.kind != wire::MediaKind::kAudio || publication.audio.always_forwarded) return;
  forward::AudioSelector& selector = publication.room->audio;
  if (publication.muted) {
    selector.remove(publication.audio.place);
  } else {
    selector.add(publication.audio.place);
  }
}

}  // namespace engine
