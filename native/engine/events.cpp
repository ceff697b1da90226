#include "engine/events.h"

#include <array>
#include <optional>
#include <string>

namespace engine {

namespace {

// Speakers named in one event; the loudest rooms have fewer voices.
constexpr size_t kMaxNamedSpeakers = 64;

}  // namespace

void emit_transport_state(EventBuffer& events, const Transport& transport,
                          const transport::StateChange& change) {
  const transport::Association& association = transport.core.association();
  const bool has_path = association.can_send() && !association.is_plaintext();
  const std::string remote = has_path ? association.path().remote.to_string() : std::string();
  append_frame(events.facts,
               TransportStateEvent{.transport = transport.handle,
                                   .state = static_cast<TransportState>(change.state),
                                   .reason = static_cast<TransportReason>(change.reason),
                                   .profile = static_cast<SrtpProfile>(association.profile()),
                                   .remote = remote});
}

void emit_stream_started(EventBuffer& events, const Publication& publication,
                         const transport::StreamStart& start) {
  append_frame(events.facts, StreamStartedEvent{.publication = publication.handle,
                                                .encoding = start.stream.encoding,
                                                .ssrc = start.ssrc,
                                                .payload_type = start.payload_type,
                                                .codec = static_cast<CodecKind>(start.codec)});
}

void emit_stream_ended(EventBuffer& events, const Publication& publication,
                       const transport::StreamEnd& end) {
  append_frame(events.facts, StreamEndedEvent{.publication = publication.handle,
                                              .encoding = end.stream.encoding,
                                              .ssrc = end.ssrc,
                                              .reason = static_cast<StreamEndReason>(end.reason)});
}

void emit_audio_levels(EventBuffer& events, const Room& room) {
  std::array<AudioLevel, kMaxNamedSpeakers> levels;
  size_t count = 0;
  for (const forward::SpeakerLevel& speaker : room.speakers.levels()) {
    if (count == levels.size()) break;
    levels[count++] = {unpack(speaker.id), speaker.level, speaker.active};
  }
  // The one who spoke last is not dominant over a silent room.
  const auto dominant = count > 0 ? room.speakers.dominant() : std::nullopt;
  append_frame(events.readings,
               AudioLevelsEvent{.room = room.handle,
                                .dominant = dominant ? unpack(*dominant) : Handle{},
                                .levels = List<AudioLevel>(std::span(levels).first(count))});
}

}  // namespace engine
