#include "transport/sender.h"

#include <utility>

#include "wire/rtcp_bye.h"
#include "wire/rtcp_sdes.h"
#include "wire/rtcp_sender_report.h"

namespace transport {

namespace {

// Below 2^15, so that a receiver that misses the first packets still estimates the same rollover
// counter (RFC 3711 §3.3.1).
rtp::OutboundStreamConfig stream_config(const OutboundConfig& config, base::Random& random) {
  return {.ssrc = config.ssrc,
          .kind = config.kind,
          .rtx_ssrc = config.rtx_ssrc,
          .first_rtx_sequence = static_cast<uint16_t>(random.u16() & 0x7fff),
          .resends_all = config.resends_all};
}

}  // namespace

SentTrack::SentTrack(OutboundConfig config, base::Random& random)
    : config_(std::move(config)), stream_(stream_config(config_, random)) {}

uint32_t SentTrack::clock_rate() const {
  const Codec* codec = find_codec(config_.codecs, payload_type_);
  return codec != nullptr ? codec->clock_rate : config_.codecs.front().clock_rate;
}

void SentTrack::handle_forwarded(const wire::OutPacket& packet, base::Instant now) {
  payload_type_ = packet.header.payload_type;
  stream_.handle_forwarded(packet, now);
}

SentTrack* Sender::add(OutboundConfig config, base::Instant now) {
  if (find_track(config.outbound) != nullptr || config.ssrc == 0 || uses_ssrc(config.ssrc) ||
      config.rtx_ssrc == config.ssrc || (config.rtx_ssrc != 0 && uses_ssrc(config.rtx_ssrc))) {
    return nullptr;
  }
  auto track = std::make_unique<SentTrack>(std::move(config), random_);
  const OutboundConfig& added = track->config_;
  const bool video = added.kind == wire::MediaKind::kVideo;
  const rtp::ReportSchedule reports(video ? rtp::kVideoReportInterval : audio_reports_, random_,
                                    now);
  tracks_.push_back({added.outbound, added.ssrc, added.rtx_ssrc, reports, std::move(track)});
  plan();
  return tracks_.back().track.get();
}

void Sender::remove(uint32_t outbound) {
  std::erase_if(tracks_, [outbound](const Entry& it) { return it.outbound == outbound; });
}

void Sender::handle_nack(uint32_t ssrc, wire::NackSequences sequences, base::Instant now,
                         std::vector<wire::OutPacket>& resends, Output& out) {
  answer(find_ssrc(ssrc), resends, out, [&](rtp::OutboundStream& stream) {
    return stream.handle_nack(sequences, now, resend_budget_, resends);
  });
}

void Sender::handle_lost_resend(uint32_t rtx_ssrc, const rtp::LostResend& lost, base::Instant now,
                                std::vector<wire::OutPacket>& resends, Output& out) {
  const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                  [rtx_ssrc](const Entry& it) { return it.rtx_ssrc == rtx_ssrc; });
  if (found == tracks_.end()) return;
  answer(found->track.get(), resends, out, [&](rtp::OutboundStream& stream) {
    return stream.handle_lost_resend(lost, now, resend_budget_, resends);
  });
}

template <typename Resend>
void Sender::answer(SentTrack* track, const std::vector<wire::OutPacket>& resends, Output& out,
                    Resend&& resend) {
  if (track == nullptr) return;
  const size_t resends_before = resends.size();
  const uint64_t misses_before = track->stream_.counters().history_misses;
  const bool is_whole = resend(track->stream_);
  if (!is_whole && track->config_.kind == wire::MediaKind::kVideo) {
    out.key_frames_wanted.push_back(track->config_.outbound);
  }
  out.counters->rtx_sent += resends.size() - resends_before;
  out.counters->rtx_history_miss += track->stream_.counters().history_misses - misses_before;
}

void Sender::handle_report_block(const wire::ReportBlock& block, uint32_t compact_now,
                                 Output& out) {
  SentTrack* track = find_ssrc(block.ssrc);
  if (track == nullptr) return;
  const rtp::Reception reception = track->stream_.handle_report_block(block, compact_now);
  out.reception.expected += reception.expected;
  out.reception.lost += reception.lost;
}

void Sender::handle_key_frame_request(uint32_t ssrc, Output& out) {
  SentTrack* track = find_ssrc(ssrc);
  if (track == nullptr) return;
  ++track->key_frame_requests_;
  out.key_frames_wanted.push_back(track->config_.outbound);
}

bool Sender::make_padding(size_t wanted, wire::OutPacket& packet) {
  SentTrack* latest = nullptr;
  for (const Entry& it : tracks_) {
    SentTrack* track = it.track.get();
    const bool is_later = latest == nullptr ||
                          track->stream_.last_forwarded_at() > latest->stream_.last_forwarded_at();
    if (is_later) latest = track;
  }
  return latest != nullptr && latest->stream_.make_padding(wanted, packet);
}

void Sender::handle_timeout(base::Instant now, Output& out) {
  if (now < deadline_) return;
  for (Entry& it : tracks_) {
    if (!it.reports.take_due(random_, now)) continue;
    it.track->stream_.handle_timeout(now);
    out.reports_due.push_back(it.outbound);
  }
  plan();
}

void Sender::hasten_report(uint32_t outbound, base::Instant now) {
  Entry* found = find(outbound);
  if (found == nullptr) return;
  found->reports.hasten(now);
  plan();
}

void Sender::write_report(uint32_t outbound, uint64_t ntp_now, uint32_t rtp_timestamp,
                          RtcpWriter& writer) const {
  const SentTrack* track = find_track(outbound);
  if (track == nullptr) return;
  const auto report = track->stream_.sender_report(ntp_now, rtp_timestamp);
  if (!report) return;
  const wire::SdesChunk chunk{track->config_.ssrc, track->config_.cname};
  // Both or neither: RFC 3550 §6.1 wants the CNAME in every compound that reports.
  writer.add([&](std::span<uint8_t> space) -> size_t {
    const size_t head = wire::write_sender_report(*report, {}, space);
    if (head == 0) return 0;
    const size_t tail = wire::write_sdes({&chunk, 1}, space.subspan(head));
    return tail == 0 ? 0 : head + tail;
  });
}

void Sender::write_bye(uint32_t outbound, RtcpWriter& writer) const {
  const SentTrack* track = find_track(outbound);
  if (track == nullptr || track->stream_.counters().packets_sent == 0) return;
  writer.add([&](std::span<uint8_t> space) {
    return wire::write_bye({&track->config_.ssrc, 1}, space);
  });
}

std::optional<base::Duration> Sender::rtt() const {
  for (const Entry& it : tracks_) {
    if (const auto rtt = it.track->stream_.measured_rtt()) return rtt;
  }
  return std::nullopt;
}

Sender::Entry* Sender::find(uint32_t outbound) {
  const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                  [outbound](const Entry& it) { return it.outbound == outbound; });
  return found == tracks_.end() ? nullptr : &*found;
}

SentTrack* Sender::find_track(uint32_t outbound) const {
  const Entry* found = const_cast<Sender*>(this)->find(outbound);
  return found == nullptr ? nullptr : found->track.get();
}

SentTrack* Sender::find_ssrc(uint32_t ssrc) const {
  const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                  [ssrc](const Entry& it) { return it.ssrc == ssrc; });
  return found == tracks_.end() ? nullptr : found->track.get();
}

bool Sender::uses_ssrc(uint32_t ssrc) const {
  return std::any_of(tracks_.begin(), tracks_.end(),
                     [ssrc](const Entry& it) { return it.ssrc == ssrc || it.rtx_ssrc == ssrc; });
}

void Sender::plan() {
  deadline_ = base::Instant::never();
  for (const Entry& it : tracks_) deadline_ = std::min(deadline_, it.reports.next_deadline());
}

}  // namespace transport
