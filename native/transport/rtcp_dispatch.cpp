// RTCP that arrives: one handler per packet type. The first malformed packet of a compound ends it;
// what came before it stands. Types and SSRCs that mean nothing to us are passed over in silence
// (RFC 3550 §6.1).
#include <algorithm>
#include <utility>

#include "transport/transport.h"
#include "wire/link_pulse.h"
#include "wire/rtcp_bye.h"
#include "wire/rtcp_fir.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_pli.h"
#include "wire/rtcp_receiver_report.h"
#include "wire/rtcp_remb.h"
#include "wire/rtcp_report_block.h"
#include "wire/rtcp_sender_report.h"
#include "wire/rtcp_transport_cc.h"

namespace transport {

namespace {

bool parsed(wire::ParseError error) { return error == wire::ParseError::kNone; }

// Bits 16 to 47 of an NTP time: what LSR is compared with (RFC 3550 §6.4.1).
uint32_t compact(uint64_t ntp) { return static_cast<uint32_t>(ntp >> 16); }

}  // namespace

void Transport::handle_rtcp(const base::PacketRef& packet, base::Instant now, Output& out) {
  const std::span<uint8_t> plain = association_.unprotect_rtcp(packet.bytes(), *out.counters);
  if (plain.empty()) return;
  association_.handle_heard(now, out);
  wire::RtcpReader reader(plain);
  wire::RtcpBlock block;
  while (reader.next(block)) {
    if (handle_block(block, now, out)) continue;
    out.counters->drop(&Counters::dropped_malformed_rtcp);
    return;
  }
  if (!parsed(reader.error())) out.counters->drop(&Counters::dropped_malformed_rtcp);
}

bool Transport::handle_block(const wire::RtcpBlock& block, base::Instant now, Output& out) {
  switch (block.type) {
    case wire::RtcpType::kSenderReport:
      return handle_sender_report(block, now, out);
    case wire::RtcpType::kReceiverReport:
      return handle_receiver_report(block, now, out);
    case wire::RtcpType::kBye:
      return handle_bye(block, out);
    case wire::RtcpType::kTransportFeedback:
      return handle_transport_feedback(block, now, out);
    case wire::RtcpType::kPayloadFeedback:
      return handle_payload_feedback(block, out);
    case wire::RtcpType::kApp:
      if (const auto pulse = wire::parse_link_pulse(block)) association_.handle_pulse(*pulse, out);
      break;
    case wire::RtcpType::kSourceDescription:
    case wire::RtcpType::kExtendedReport:
      break;
  }
  return true;
}

bool Transport::handle_sender_report(const wire::RtcpBlock& block, base::Instant now, Output& out) {
  wire::SenderReport report;
  wire::ReportBlocks blocks;
  if (!parsed(wire::parse_sender_report(block, report, blocks))) return false;
  receiver_.handle_sender_report(report, now);
  for (size_t i = 0; i < blocks.size(); ++i) {
    sender_.handle_report_block(blocks[i], compact(ntp_time(now)), out);
  }
  return true;
}

bool Transport::handle_receiver_report(const wire::RtcpBlock& block, base::Instant now,
                                       Output& out) {
  wire::ReceiverReport report;
  wire::ReportBlocks blocks;
  if (!parsed(wire::parse_receiver_report(block, report, blocks))) return false;
  for (size_t i = 0; i < blocks.size(); ++i) {
    sender_.handle_report_block(blocks[i], compact(ntp_time(now)), out);
  }
  return true;
}

bool Transport::handle_bye(const wire::RtcpBlock& block, Output& out) {
  wire::ByeSources sources;
  if (!parsed(wire::parse_bye(block, sources))) return false;
  for (size_t i = 0; i < sources.size(); ++i) receiver_.handle_bye(sources[i], out);
  return true;
}

bool Transport::handle_transport_feedback(const wire::RtcpBlock& block, base::Instant now,
                                          Output& out) {
  if (block.count == wire::kNackFormat) return handle_nack(block, now, out);
  if (block.count != wire::kTransportCcFormat) return true;
  ++out.counters->twcc_feedback_received;
  return handle_congestion_feedback(block, now, out);
}

bool Transport::handle_payload_feedback(const wire::RtcpBlock& block, Output& out) {
  if (block.count == wire::kPliFormat) return handle_pli(block, out);
  if (block.count == wire::kFirFormat) return handle_fir(block, out);
  if (block.count == wire::kApplicationFormat) return handle_remote_estimate(block, out);
  return true;
}

bool Transport::handle_nack(const wire::RtcpBlock& block, base::Instant now, Output& out) {
  wire::Nack nack;
  wire::NackSequences sequences;
  if (!parsed(wire::parse_nack(block, nack, sequences))) return false;
  ++out.counters->nack_received;
  sender_.handle_nack(nack.media_ssrc, sequences, now, resends_, out);
  queue_resends(now, out);
  return true;
}

void Transport::queue_resends(base::Instant now, Output& out) {
  for (wire::OutPacket& resend : resends_) {
    if (!pacer_.enqueue(std::move(resend), now)) out.counters->drop(&Counters::dropped_queue_full);
  }
  resends_.clear();
}

bool Transport::handle_congestion_feedback(const wire::RtcpBlock& block, base::Instant now,
                                           Output& out) {
  wire::TransportCc feedback;
  wire::TransportCcReader packets;
  if (!parsed(wire::parse_transport_cc(block, feedback, packets))) return false;
  pacing::FeedbackBatch& batch = out.feedback.add();
  const uint64_t misses_before = join_.history_misses();
  const uint64_t lost_before = join_.feedback_lost();
  join_.join(feedback, packets, now, sent_, batch);
  out.counters->twcc_history_miss += join_.history_misses() - misses_before;
  out.counters->twcc_feedback_lost += join_.feedback_lost() - lost_before;
  for (const pacing::SentPacket& lost : join_.lost_resends()) {
    const rtp::LostResend resend{lost.media_sequence, lost.resends, lost.sent_at};
    sender_.handle_lost_resend(lost.rtx_ssrc, resend, now, resends_, out);
  }
  queue_resends(now, out);
  if (batch.empty()) {
    out.feedback.drop_last();
    return true;
  }
  name_clusters(batch);
  batch.last_sent_at = last_sent_at_;
  sent_bins_.take(batch);
  return true;
}

void Transport::name_clusters(pacing::FeedbackBatch& batch) const {
  int32_t named = -1;
  for (const int32_t cluster : batch.clusters) {
    if (cluster < 0 || cluster == named) continue;
    named = cluster;
    const bool is_known = std::any_of(
        batch.cluster_facts.begin(), batch.cluster_facts.end(),
        [cluster](const auto& facts) { return static_cast<int32_t>(facts.id) == cluster; });
    const pacing::ClusterFacts* facts = pacer_.prober().find(cluster);
    if (!is_known && facts != nullptr) batch.cluster_facts.push_back(*facts);
  }
}

bool Transport::handle_pli(const wire::RtcpBlock& block, Output& out) {
  wire::Pli pli;
  if (!parsed(wire::parse_pli(block, pli))) return false;
  ++out.counters->pli_received;
  sender_.handle_key_frame_request(pli.media_ssrc, out);
  return true;
}

bool Transport::handle_fir(const wire::RtcpBlock& block, Output& out) {
  uint32_t sender_ssrc = 0;
  wire::FirEntries entries;
  if (!parsed(wire::parse_fir(block, sender_ssrc, entries))) return false;
  ++out.counters->fir_received;
  for (size_t i = 0; i < entries.size(); ++i) {
    sender_.handle_key_frame_request(entries[i].ssrc, out);
  }
  return true;
}

bool Transport::handle_remote_estimate(const wire::RtcpBlock& block, Output& out) {
  wire::Remb remb;
  wire::RembSources sources;
  // Other messages of the application layer are not malformed, only not ours.
  if (parsed(wire::parse_remb(block, remb, sources))) out.remote_estimate_bps = remb.bitrate_bps;
  return true;
}

}  // namespace transport
