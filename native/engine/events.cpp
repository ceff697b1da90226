#include "engine/events.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace engine {

namespace {

// Speakers named in one event; the loudest rooms have fewer voices.
constexpr size_t kMaxNamedSpeakers = 64;

// Probe clusters that one event names: more than are ever pending.
constexpr size_t kMaxNamedClusters = 16;

}  // namespace

void emit_transport_state(EventBuffer& events, const Transport& transport,
                          const transport::StateChange& change) {
  const transport::Association& association = transport.core.association();
  // Plaintext transports of the virtual clock have none.
  const bool has_path = association.can_send() && association.path().remote.port != 0;
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

void emit_congestion_feedback(EventBuffer& events, const Transport& transport,
                              const pacing::FeedbackBatch& batch) {
  std::array<ProbeCluster, kMaxNamedClusters> facts;
  const size_t named = std::min(batch.cluster_facts.size(), facts.size());
  for (size_t i = 0; i < named; ++i) {
    const pacing::ClusterFacts& cluster = batch.cluster_facts[i];
    facts[i] = {cluster.id, cluster.min_packets, cluster.min_bytes};
  }
  append_frame(
      events.feedback,
      CongestionFeedbackEvent{
          .transport = transport.handle,
          .feedback_us = static_cast<double>(batch.feedback_at.us),
          .data_in_flight = static_cast<uint32_t>(batch.data_in_flight),
          .last_sent_us = static_cast<double>(batch.last_sent_at.us),
          .sequences = List<double>(std::span(batch.sequences)),
          .sent_us = List<double>(std::span(batch.sent_us)),
          .received_us = List<double>(std::span(batch.received_us)),
          .sizes = List<uint32_t>(std::span(batch.sizes)),
          .clusters = List<int32_t>(std::span(batch.clusters)),
          .flags = List<uint8_t>(std::span(batch.flags)),
          .cluster_facts = List<ProbeCluster>(std::span(std::as_const(facts)).first(named)),
          .sent_bin_us = List<double>(std::span(batch.sent_bin_us)),
          .sent_bin_bytes = List<uint32_t>(std::span(batch.sent_bin_bytes))});
}

void emit_remote_estimate(EventBuffer& events, const Transport& transport, uint64_t bitrate_bps,
                          base::Instant now) {
  append_frame(events.readings,
               RemoteEstimateEvent{.transport = transport.handle,
                                   .at_us = static_cast<double>(now.us),
                                   .bitrate_bps = static_cast<double>(bitrate_bps)});
}

void emit_reception(EventBuffer& events, const Transport& transport,
                    const rtp::Reception& reception, base::Instant now) {
  const auto rtt = transport.core.sender().rtt();
  append_frame(events.readings, ReceptionEvent{.transport = transport.handle,
                                               .at_us = static_cast<double>(now.us),
                                               .rtt_us = rtt ? static_cast<double>(rtt->us) : 0,
                                               .expected = reception.expected,
                                               .lost = reception.lost});
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
