#include "rtp/outbound_stream.h"

#include <algorithm>
#include <utility>

namespace rtp {

namespace {

// Retransmissions may take half of what media takes (algorithms R7.6), and this much at once: a
// lost burst at the start of a stream.
constexpr int64_t kResendBurstBytes = int64_t{64} * 1024;
constexpr int64_t kMediaBytesPerResentByte = 2;
// Old packets go in runs of neighbours: one by one, each would be a cache miss per packet sent.
constexpr base::Duration kExpiryInterval = base::Duration::millis(50);

// Nothing when the reports came in the wrong order or the receiver began anew.
Reception reception_between(const wire::ReportBlock& before, const wire::ReportBlock& after) {
  const auto expected =
      static_cast<int32_t>(after.extended_highest_sequence - before.extended_highest_sequence);
  if (expected <= 0) return {};
  const int32_t lost = std::clamp(after.cumulative_lost - before.cumulative_lost, 0, expected);
  return {static_cast<uint32_t>(expected), static_cast<uint32_t>(lost)};
}

}  // namespace

OutboundStream::OutboundStream(const OutboundStreamConfig& config)
    : config_(config),
      history_(config.resends_all),
      next_rtx_sequence_(config.first_rtx_sequence),
      resend_budget_bytes_(kResendBurstBytes) {}

void OutboundStream::handle_forwarded(const wire::OutPacket& packet, base::Instant now) {
  const auto size = static_cast<int64_t>(packet.body_size());
  ++counters_.packets_sent;
  counters_.bytes_sent += packet.body_size();
  if (config_.rtx_ssrc == 0 || packet.rtx_payload_type == wire::kNoPayloadType) return;
  resend_budget_bytes_ =
      std::min(kResendBurstBytes, resend_budget_bytes_ + size / kMediaBytesPerResentByte);
  if (now >= next_expiry_) handle_timeout(now);
  history_.add(packet, now);
  last_forwarded_at_ = now;
  look_ = {packet.header.timestamp, packet.rtx_payload_type, packet.ids, packet.mid};
}

void OutboundStream::handle_timeout(base::Instant now) {
  history_.expire(now, rtt());
  next_expiry_ = now + kExpiryInterval;
}

bool OutboundStream::handle_nack(wire::NackSequences sequences, base::Instant now,
                                 ResendBudget& budget, std::vector<wire::OutPacket>& out) {
  ++counters_.nacks_received;
  uint16_t sequence = 0;
  bool is_whole = true;
  while (sequences.next(sequence)) {
    is_whole &= has_room(budget, now) &&
                resend(history_.take_for_resend(sequence, rtt(), now), now, budget, out);
  }
  return is_whole;
}

bool OutboundStream::handle_lost_resend(const LostResend& lost, base::Instant now,
                                        ResendBudget& budget, std::vector<wire::OutPacket>& out) {
  return has_room(budget, now) && resend(history_.take_for_repeat(lost, now), now, budget, out);
}

bool OutboundStream::has_room(ResendBudget& budget, base::Instant now) {
  const bool has_room = budget.is_set() ? budget.has_room(now) : resend_budget_bytes_ > 0;
  if (!has_room) ++counters_.resends_refused;
  return has_room;
}

bool OutboundStream::resend(const History::Found& found, base::Instant now, ResendBudget& budget,
                            std::vector<wire::OutPacket>& out) {
  // An unknown one may still be on its way from the publisher (R7.5): it is not given up.
  if (found.result == History::Lookup::kUnknown) {
    ++counters_.history_misses;
  } else if (found.result != History::Lookup::kFound) {
    ++counters_.resends_refused;
  } else {
    const wire::OutPacket& original = found.packet;
    out.push_back(make_retransmission(original, {config_.rtx_ssrc, original.rtx_payload_type},
                                      next_rtx_sequence_++));
    const size_t size = out.back().body_size();
    resend_budget_bytes_ -= static_cast<int64_t>(size);
    budget.take(size, now);
    ++counters_.retransmissions;
    counters_.retransmitted_bytes += size;
  }
  return found.result != History::Lookup::kExhausted;
}

bool OutboundStream::make_padding(size_t wanted, wire::OutPacket& out) {
  if (config_.rtx_ssrc == 0 || look_.rtx_payload_type == wire::kNoPayloadType) return false;
  ++counters_.padding_packets;
  const std::optional<wire::OutPacket> original =
      wanted >= kMinPaddingBody ? history_.take_for_padding() : std::nullopt;
  out = original ? make_retransmission(*original, {config_.rtx_ssrc, original->rtx_payload_type},
                                       next_rtx_sequence_++)
                 : rtp::make_padding(look_, config_.rtx_ssrc, next_rtx_sequence_++);
  out.resends = 0;  // nobody asked for it
  return true;
}

Reception OutboundStream::handle_report_block(const wire::ReportBlock& block,
                                              uint32_t compact_now) {
  if (const std::optional<base::Duration> sample = round_trip(block, compact_now)) {
    rtt_.add(*sample);
  }
  const std::optional<wire::ReportBlock> before = std::exchange(last_report_, block);
  return before ? reception_between(*before, block) : Reception{};
}

std::optional<wire::SenderReport> OutboundStream::sender_report(uint64_t ntp_now,
                                                                uint32_t rtp_timestamp) const {
  if (counters_.packets_sent == 0) return std::nullopt;
  return wire::SenderReport{config_.ssrc, ntp_now, rtp_timestamp,
                            static_cast<uint32_t>(counters_.packets_sent),
                            static_cast<uint32_t>(counters_.bytes_sent)};
}

}  // namespace rtp
