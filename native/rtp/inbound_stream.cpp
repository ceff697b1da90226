#include "rtp/inbound_stream.h"

#include <array>

#include "wire/rtcp_nack.h"

namespace rtp {

InboundStream::InboundStream(const InboundStreamConfig& config)
    : ssrc_(config.ssrc),
      kind_(config.kind),
      clock_rate_(config.clock_rate),
      nack_(config.nack),
      nacks_(config.kind == wire::MediaKind::kVideo ? NackPolicy::video() : NackPolicy::audio()) {}

void InboundStream::set_patient(bool patient) {
  const bool live = kind_ == wire::MediaKind::kAudio && !patient;
  nacks_.set_policy(live ? NackPolicy::audio() : NackPolicy::video());
}

Received InboundStream::handle_packet(const wire::RtpView& view, bool repaired, base::Instant now) {
  if (repaired) {
    ++counters_.rtx_received;
  } else {
    counters_.bytes_received += view.payload_size;
    last_received_ = now;
  }
  const Placement placement = log_.handle_packet(view.sequence, repaired);
  Received received{placement.arrival, placement.sequence,   0,
                    log_.generation(), placement.accepted(), repaired};
  if (!received.accepted) return received;
  if (placement.arrival == Arrival::kRestarted) {
    timestamps_.reset();
    last_sr_.reset();
    nacks_.clear();
  }
  received.timestamp = timestamps_.unwrap(view.timestamp);
  if (placement.arrival == Arrival::kAhead && !repaired) {
    log_.sample_jitter(view.timestamp, clock_rate_, now);
  }
  if (nack_ && repair_wanted_) track_missing(placement, repaired, now);
  return received;
}

void InboundStream::track_missing(const Placement& placement, bool repaired, base::Instant now) {
  if (placement.arrival == Arrival::kAhead && placement.missing > 0) {
    nacks_.handle_gap(placement.sequence - placement.missing, placement.missing, now);
  } else if (placement.arrival == Arrival::kLate) {
    const std::optional<base::Duration> answered = nacks_.handle_arrival(placement.sequence, now);
    if (answered && repaired) repair_rtt_.add(*answered);
  }
}

void InboundStream::handle_sender_report(const wire::SenderReport& report, base::Instant now) {
  last_sr_ = report;
  last_sr_at_ = now;
}

void InboundStream::set_repair_wanted(bool wanted) {
  if (!wanted) nacks_.clear();
  repair_wanted_ = wanted;
}

size_t InboundStream::write_nack(uint32_t sender_ssrc, std::optional<base::Duration> transport_rtt,
                                 base::Instant now, std::span<uint8_t> out) {
  std::array<uint16_t, kMaxNackedAtOnce> missing;
  const base::Duration rtt = transport_rtt.value_or(repair_rtt_.value_or(kDefaultRtt));
  const size_t count = nacks_.collect(now, rtt, missing);
  if (count == 0) return 0;
  size_t taken = 0;
  const size_t size =
      wire::write_nack({sender_ssrc, ssrc_}, std::span(missing).first(count), out, taken);
  if (size > 0) ++counters_.nacks_sent;
  return size;
}

std::optional<wire::ReportBlock> InboundStream::report(base::Instant now) {
  std::optional<wire::ReportBlock> block = log_.report(ssrc_);
  if (block && last_sr_) {
    block->last_sr = last_sr_->compact_ntp();
    block->delay_since_last_sr = compact_span(now - last_sr_at_);
  }
  return block;
}

std::optional<base::Instant> InboundStream::captured_at(uint32_t timestamp,
                                                        const RemoteClock& clock,
                                                        base::Instant now) const {
  if (!last_sr_ || now - last_sr_at_ > kMaxReportAge) return std::nullopt;
  const std::optional<base::Instant> reported_at = clock.local_of(last_sr_->ntp_time);
  if (!reported_at) return std::nullopt;
  return base::MediaClock{clock_rate_, last_sr_->rtp_timestamp, *reported_at}.instant_of(timestamp);
}

base::Instant InboundStream::next_deadline() const { return nacks_.next_deadline(); }

}  // namespace rtp
