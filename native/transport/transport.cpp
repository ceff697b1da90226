#include "transport/transport.h"

#include <algorithm>
#include <utility>

#include "rtp/reports.h"
#include "rtp/rtx.h"

namespace transport {

Transport::Transport(const AssociationConfig& config, const Surroundings& surroundings,
                     base::Instant now)
    : receiver_(surroundings.random, now, config.key_id ? kMaxLinkSsrcs : kMaxSsrcs),
      sender_(surroundings.random,
              config.key_id ? rtp::kVideoReportInterval : rtp::kAudioReportInterval),
      unix_offset_us_(surroundings.unix_offset_us),
      association_(config, surroundings.security) {}

void Transport::handle_datagram(base::PacketRef packet, const base::FiveTuple& path,
                                base::Instant now, Output& out) {
  association_.count_received(packet.bytes().size());
  const uint64_t dropped_before = out.counters->dropped;
  switch (wire::classify(packet.bytes())) {
    case wire::PacketKind::kDtls:
      association_.handle_dtls(packet.bytes(), path, now, out);
      break;
    case wire::PacketKind::kRtp:
      handle_rtp(std::move(packet), now, out);
      break;
    case wire::PacketKind::kRtcp:
      handle_rtcp(packet, now, out);
      break;
    case wire::PacketKind::kStun:
    case wire::PacketKind::kUnknown:
      out.counters->drop(&Counters::dropped_unknown_protocol);
      break;
  }
  dropped_ += out.counters->dropped - dropped_before;
}

void Transport::handle_rtp(base::PacketRef packet, base::Instant now, Output& out) {
  const std::span<uint8_t> plain = association_.unprotect_rtp(packet.bytes(), *out.counters);
  if (plain.empty()) return;
  association_.handle_heard(now, out);
  packet.resize(plain.size());
  receiver_.handle_rtp(std::move(packet), now, out);
}

bool Transport::send(SentTrack& track, wire::OutPacket& packet, base::Instant now,
                     const Outlet& outlet) {
  if (!association_.can_send()) {
    outlet.counters.drop(&Counters::dropped_not_connected);
    return false;
  }
  track.handle_forwarded(packet, now);
  if (outlet.slab.has_room_for_media() && pacer_.passes(packet, now)) {
    follow_path();
    if (pacer_.was_paced()) outlet.counters.pacer_delay.add({});
    return send_now(packet, now, outlet);
  }
  if (pacer_.enqueue(std::move(packet), now)) return true;
  outlet.counters.drop(&Counters::dropped_queue_full);
  return false;
}

void Transport::set_rates(const pacing::PacingRates& rates, int64_t target_bps, base::Instant now) {
  pacer_.set_rates(rates, now);
  sender_.set_target(target_bps);
}

void Transport::release(base::Instant now, const Outlet& outlet) {
  if (!association_.can_send()) {
    pacer_.clear();
    return;
  }
  follow_path();
  wire::OutPacket packet;
  while (outlet.slab.has_room_for_media()) {
    const pacing::Turn turn = pacer_.release(now, packet);
    if (turn == pacing::Turn::kNothing) return;
    const bool is_padding = turn == pacing::Turn::kPadding;
    if (is_padding && !sender_.make_padding(pacer_.padding_size(), packet)) {
      pacer_.refuse_padding();
      continue;
    }
    outlet.counters.padding_sent += is_padding ? 1 : 0;
    if (pacer_.was_paced()) outlet.counters.pacer_delay.add(pacer_.delay());
    const bool is_sent = send_now(packet, now, outlet);
    if (!is_sent && is_padding) pacer_.refuse_padding();
  }
}

bool Transport::send_now(wire::OutPacket& packet, base::Instant now, const Outlet& outlet) {
  const bool numbered = packet.ids.transport_cc != 0;
  pacing::SentPacket facts;
  facts.audio = packet.kind == wire::MediaKind::kAudio;
  facts.repeated = packet.is_retransmission;
  facts.probe_cluster = pacer_.cluster();
  facts.resends = packet.resends;
  if (packet.resends > 0) {
    facts.rtx_ssrc = packet.header.ssrc;
    facts.media_sequence = rtp::original_sequence(packet);
  }
  const int64_t number = numbered ? sequencer_.take() : -1;
  const size_t size = outlet.batch.add(association_, packet, static_cast<uint16_t>(number), now,
                                       outlet.slab, outlet.counters);
  if (size == 0) return false;
  facts.size = static_cast<uint16_t>(size + address_overhead());
  pacer_.handle_sent(facts.size, now);
  note_sent(facts, number, now);
  return true;
}

// What went another way says nothing about this one (R1.21). The numbers go on.
void Transport::follow_path() {
  if (association_.moves() == moves_) return;
  moves_ = association_.moves();
  sent_.clear();
  sent_bins_.clear();
}

void Transport::note_sent(pacing::SentPacket packet, int64_t number, base::Instant now) {
  packet.sent_at = now;
  last_sent_at_ = now;
  const bool is_numbered = number >= 0;
  if (!is_numbered && sent_.newest() < 0) return;  // no feedback will take the bins
  sent_bins_.add(now, packet.size);
  if (!is_numbered) return;
  packet.sequence = number;
  sent_.add(packet);
}

// Rates mean bytes on the wire (algorithms, "Rates include"). The virtual clock's plaintext has no
// addresses: the scenarios it serves count 48.
size_t Transport::address_overhead() const {
  constexpr size_t kIpv4Udp = 28;
  constexpr size_t kIpv6Udp = 48;
  const bool ipv4 = association_.path().remote.family == base::Family::kIpv4;
  return ipv4 && !association_.is_plaintext() ? kIpv4Udp : kIpv6Udp;
}

void Transport::send_report(uint32_t outbound, uint32_t rtp_timestamp, base::Instant now,
                            Output& out) {
  RtcpWriter writer(association_, out);
  sender_.write_report(outbound, ntp_time(now), rtp_timestamp, writer);
  if (writer.has_added()) beat_.handle_said(now);
}

void Transport::remove_outbound(uint32_t outbound, Output& out) {
  {
    RtcpWriter writer(association_, out);
    sender_.write_bye(outbound, writer);
  }
  sender_.remove(outbound);
}

void Transport::close(Output& out) {
  association_.close(out);
  pacer_.clear();
}

void Transport::handle_timeout(base::Instant now, Output& out) {
  association_.handle_timeout(now, out);
  {
    RtcpWriter writer(association_, out);
    receiver_.handle_timeout(now, writer, out);
    if (writer.has_added()) beat_.handle_said(now);
    if (has_beat() && beat_.take_due(now, last_sent_at_)) receiver_.write_empty_report(writer);
  }
  sender_.handle_timeout(now, out);
  sent_.expire(now);
}

base::Instant Transport::next_deadline() const {
  return std::min({association_.next_deadline(), receiver_.next_deadline(), sender_.next_deadline(),
                   beat_deadline(), pacer_.next_deadline()});
}

// Clients are promised one; a link has its pulse, and the peers of a PlainTransport are programs.
bool Transport::has_beat() const { return association_.can_send() && !association_.is_direct(); }

base::Instant Transport::beat_deadline() const {
  return has_beat() ? beat_.next_deadline() : base::Instant::never();
}

DeadlineReason Transport::deadline_reason() const {
  const base::Instant next = next_deadline();
  if (next.is_never()) return DeadlineReason::kNothing;
  if (next == association_.next_deadline()) return DeadlineReason::kAssociation;
  if (next == receiver_.next_deadline()) return DeadlineReason::kReceiver;
  if (next == sender_.next_deadline()) return DeadlineReason::kReports;
  if (next == beat_deadline()) return DeadlineReason::kBeat;
  switch (pacer_.deadline_reason()) {
    case pacing::PacerReason::kProbe:
      return DeadlineReason::kProbe;
    case pacing::PacerReason::kPadding:
      return DeadlineReason::kPadding;
    case pacing::PacerReason::kNothing:
    case pacing::PacerReason::kMedia:
      break;
  }
  return DeadlineReason::kMedia;
}

uint64_t Transport::ntp_time(base::Instant now) const {
  return rtp::ntp_from_unix(now.us + unix_offset_us_);
}

}  // namespace transport
