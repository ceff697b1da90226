#include "engine/stats.h"

#include <vector>

#include "rtp/audio_level.h"

namespace engine {

namespace {

template <typename Row>
void append_row(std::vector<double>& table, const Row& row) {
  static_assert(sizeof(Row) == Row::kLength * sizeof(double));
  const auto* first = reinterpret_cast<const double*>(&row);
  table.insert(table.end(), first, first + Row::kLength);
}

double number(uint64_t value) { return static_cast<double>(value); }
double number(int64_t value) { return static_cast<double>(value); }

ShardStats shard_row(const ShardState& shard, base::Instant now) {
  const transport::Counters& from = shard.transport_counters;
  ShardStats row = shard.counters;
  row.now_us = number(now.us);
  row.rtp_received = number(from.rtp_received);
  row.rtcp_received = number(from.rtcp_received);
  row.stun_received = number(from.stun_received);
  row.dtls_received = number(from.dtls_received);
  row.dropped_unknown_protocol = number(from.dropped_unknown_protocol);
  row.dropped_unknown_address = number(from.dropped_unknown_address);
  row.dropped_malformed_stun = number(from.dropped_malformed_stun);
  row.dropped_stun_ignored = number(from.dropped_stun_ignored);
  row.dropped_stun_unauthenticated = number(from.dropped_stun_unauthenticated);
  row.dropped_stun_unknown_ufrag = number(from.dropped_stun_unknown_ufrag);
  row.dropped_plain_token = number(from.dropped_plain_token);
  row.dropped_dtls_unvalidated = number(from.dropped_dtls_unvalidated);
  row.dropped_malformed_dtls = number(from.dropped_malformed_dtls);
  row.dropped_dtls_failed = number(from.dropped_dtls_failed);
  row.dropped_srtp_no_keys = number(from.dropped_srtp_no_keys);
  row.dropped_srtp_auth = number(from.dropped_srtp_auth);
  row.dropped_srtp_replay = number(from.dropped_srtp_replay);
  row.dropped_srtp_short = number(from.dropped_srtp_short);
  row.dropped_malformed_rtp = number(from.dropped_malformed_rtp);
  row.dropped_malformed_rtcp = number(from.dropped_malformed_rtcp);
  row.dropped_unknown_ssrc = number(from.dropped_unknown_ssrc);
  row.dropped_unknown_payload_type = number(from.dropped_unknown_payload_type);
  row.dropped_too_many_ssrcs = number(from.dropped_too_many_ssrcs);
  row.dropped_duplicate = number(from.dropped_duplicate);
  row.dropped_not_connected = number(from.dropped_not_connected);
  row.dropped_slab_full = number(from.dropped_slab_full);
  row.dropped_queue_full = number(from.dropped_queue_full);
  row.dropped_unprotectable = number(from.dropped_unprotectable);
  row.nack_received = number(from.nack_received);
  row.nack_sent = number(from.nack_sent);
  row.pli_received = number(from.pli_received);
  row.pli_sent = number(from.pli_sent);
  row.fir_received = number(from.fir_received);
  row.rtx_sent = number(from.rtx_sent);
  row.rtx_received = number(from.rtx_received);
  row.rtx_history_miss = number(from.rtx_history_miss);
  row.twcc_feedback_sent = number(from.twcc_feedback_sent);
  row.twcc_feedback_received = number(from.twcc_feedback_received);
  row.padding_sent = number(from.padding_sent);
  row.pacer_packets = number(from.pacer_delay.packets);
  row.pacer_delay_us = number(from.pacer_delay.total_us);
  row.pacer_delay_le_1ms = number(from.pacer_delay.at_most[0]);
  row.pacer_delay_le_5ms = number(from.pacer_delay.at_most[1]);
  row.pacer_delay_le_20ms = number(from.pacer_delay.at_most[2]);
  row.pacer_delay_le_40ms = number(from.pacer_delay.at_most[3]);
  row.pacer_delay_le_150ms = number(from.pacer_delay.at_most[4]);
  row.pacer_delay_le_500ms = number(from.pacer_delay.at_most[5]);
  row.pacer_delay_le_2000ms = number(from.pacer_delay.at_most[6]);
  row.twcc_feedback_lost = number(from.twcc_feedback_lost);
  row.twcc_history_miss = number(from.twcc_history_miss);
  row.handshakes_done = number(from.handshakes_done);
  row.handshakes_failed = number(from.handshakes_failed);
  row.blocks_in_use = number(shard.packets.blocks_in_use());
  return row;
}

TransportStats transport_row(const Transport& transport) {
  const transport::Association& association = transport.core.association();
  const transport::Traffic& traffic = association.traffic();
  const auto rtt = transport.core.sender().rtt();
  return {.handle = transport.handle.to_number(),
          .state = static_cast<double>(association.state()),
          .packets_received = number(traffic.packets_received),
          .bytes_received = number(traffic.bytes_received),
          .packets_sent = number(traffic.packets_sent),
          .bytes_sent = number(traffic.bytes_sent),
          .rtt_us = rtt ? number(rtt->us) : 0,
          .stun_requests_received = number(association.stun_requests()),
          .srtp_profile = static_cast<double>(association.profile()),
          .dropped = number(transport.core.dropped()),
          .pacer_queue_packets = static_cast<double>(transport.core.pacer().size()),
          .pacer_queue_bytes = static_cast<double>(transport.core.pacer().bytes()),
          .probes_discarded = number(transport.core.pacer().prober().discarded())};
}

InboundStats inbound_row(const Publication& publication,
                         const transport::ReceivedEncoding& encoding, base::Instant now) {
  const rtp::InboundStream& stream = *encoding.stream();
  return {.publication = publication.handle.to_number(),
          .encoding = static_cast<double>(encoding.id().encoding),
          .ssrc = static_cast<double>(encoding.ssrc()),
          .payload_type = static_cast<double>(encoding.payload_type()),
          .packets_received = number(stream.log().packets_received()),
          .bytes_received = number(stream.counters().bytes_received),
          .packets_lost = number(stream.log().packets_lost()),
          .jitter_us = number(stream.jitter().us),
          .frames_key = number(encoding.key_frames()),
          .nack_sent = number(stream.counters().nacks_sent),
          .pli_sent = number(encoding.plis_sent()),
          .rtx_received = number(stream.counters().rtx_received),
          .packets_repaired = number(stream.log().packets_repaired()),
          .duplicates = number(stream.log().duplicates()),
          .audio_level = static_cast<double>(publication.level.level(now).level),
          .dropped_not_loudest = number(publication.audio.dropped_not_loudest),
          .dropped_silence = number(publication.audio.dropped_silence),
          .last_received_us = number(stream.last_received().us)};
}

OutboundStats outbound_row(const Outbound& outbound) {
  const transport::SentTrack& track = *outbound.track;
  const rtp::OutboundCounters& counters = track.stream().counters();
  const auto& report = track.stream().last_report();
  const double clock_rate = track.clock_rate();
  const auto rtt = track.stream().measured_rtt();
  const Subscription* subscription = outbound.subscription;
  return {.outbound = outbound.handle.to_number(),
          .subscription = (subscription != nullptr ? subscription->handle : Handle{}).to_number(),
          .ssrc = static_cast<double>(outbound.config.ssrc),
          .payload_type = static_cast<double>(track.payload_type()),
          .packets_sent = number(counters.packets_sent),
          .bytes_sent = number(counters.bytes_sent),
          .rtx_sent = number(counters.retransmissions),
          .nack_received = number(counters.nacks_received),
          .pli_received = number(track.key_frame_requests()),
          .remote_packets_lost = report ? static_cast<double>(report->cumulative_lost) : 0,
          .remote_fraction_lost = report ? static_cast<double>(report->fraction_lost) / 256 : 0,
          .rtt_us = rtt ? number(rtt->us) : 0,
          .remote_jitter_us = report ? static_cast<double>(report->jitter) * 1e6 / clock_rate : 0};
}

}  // namespace

void append_shard_stats(const ShardState& shard, base::Instant now, StatsTables& tables) {
  append_row(tables.shards, shard_row(shard, now));
  shard.transports.for_each(
      [&](const Transport& transport) { append_row(tables.transports, transport_row(transport)); });
  shard.publications.for_each([&](const Publication& publication) {
    if (publication.transport == nullptr) return;
    for (size_t i = 0; i < publication.encodings; ++i) {
      const transport::ReceivedEncoding* encoding = publication.transport->core.receiver().find(
          {publication.handle.index, static_cast<uint8_t>(i)});
      if (encoding == nullptr || encoding->stream() == nullptr) continue;
      append_row(tables.inbound, inbound_row(publication, *encoding, now));
    }
  });
  shard.outbounds.for_each(
      [&](const Outbound& outbound) { append_row(tables.outbound, outbound_row(outbound)); });
}

}  // namespace engine
