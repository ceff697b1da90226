#include "pacing/pacer.h"

#include <algorithm>
#include <utility>

namespace pacing {

namespace {

// Header, extensions, SRTP tag and addresses of a waiting packet, about: its exact size is known
// when it leaves.
constexpr size_t kExpectedOverhead = 80;
// The rate is raised so that the queue is empty a little before its packets have waited too long.
constexpr base::Duration kDrainTime = base::Duration::millis(1900);
constexpr size_t kLargestPacket = 1500;

}  // namespace

bool Pacer::enqueue(wire::OutPacket&& packet, base::Instant now) {
  is_padding_refused_ = false;
  if (packet.kind == wire::MediaKind::kAudio) return audio_.push(std::move(packet), now);
  advance(now);
  FairQueue& queue = packet.is_retransmission ? retransmissions_ : video_;
  const bool is_taken = queue.push(std::move(packet), now);
  raise_rate_for_queue();
  return is_taken;
}

bool Pacer::passes(const wire::OutPacket& packet, base::Instant now) {
  is_padding_refused_ = false;
  if (!audio_.empty()) return false;
  was_paced_ = packet.kind != wire::MediaKind::kAudio;
  if (was_paced_) {
    advance(now);
    if (has_paced() || prober_.is_due(now) || !may_send_media(now)) return false;
  }
  cluster_ = -1;
  delay_ = {};
  return true;
}

Turn Pacer::release(base::Instant now, wire::OutPacket& packet) {
  advance(now);
  cluster_ = -1;
  was_paced_ = false;
  if (!audio_.empty()) {
    audio_.pop(popped_);
    return take_popped(now, packet);
  }
  const bool is_probing = prober_.is_due(now);
  if (has_paced()) {
    if (!is_probing && !may_send_media(now)) return release_overdue(now, packet);
    if (is_probing) cluster_ = prober_.cluster();
    was_paced_ = true;
    next_queue().pop(popped_);
    return take_popped(now, packet);
  }
  if (is_padding_refused_) return Turn::kNothing;
  if (is_probing) {
    cluster_ = prober_.cluster();
    padding_size_ = prober_.bytes_wanted(now);
    return Turn::kPadding;
  }
  if (!may_pad()) return Turn::kNothing;
  padding_size_ = static_cast<size_t>(units_in(kPacingStep, rates_.padding_bps) / kUnitsPerByte);
  return Turn::kPadding;
}

Turn Pacer::take_popped(base::Instant now, wire::OutPacket& packet) {
  packet = std::move(popped_.packet);
  delay_ = now - popped_.enqueued_at;
  if (!has_paced()) drain_bps_ = 0;
  return Turn::kPacket;
}

// What turns and a falling rate have kept too long.
Turn Pacer::release_overdue(base::Instant now, wire::OutPacket& packet) {
  if (now - oldest() < kMaxQueueTime) return Turn::kNothing;
  was_paced_ = true;
  (video_.oldest() <= retransmissions_.oldest() ? video_ : retransmissions_).pop_oldest(popped_);
  return take_popped(now, packet);
}

void Pacer::handle_sent(size_t bytes, base::Instant now) {
  const int64_t units = static_cast<int64_t>(bytes) * kUnitsPerByte;
  if (is_paced()) media_debt_ = std::min(media_debt_ + units, units_in(kMaxDebt, media_bps()));
  padding_debt_ = std::min(padding_debt_ + units, units_in(kMaxDebt, rates_.padding_bps));
  if (now - tick_at_ >= kPacerTick) {
    tick_at_ = now;
    tick_bytes_ = 0;
  }
  tick_bytes_ += bytes;
  if (cluster_ >= 0) prober_.handle_sent(bytes, now);
}

base::Instant Pacer::next_deadline() const {
  if (!audio_.empty()) return {};
  return std::min({media_deadline(), probe_deadline(), padding_deadline()});
}

PacerReason Pacer::deadline_reason() const {
  const base::Instant next = next_deadline();
  if (next.is_never()) return PacerReason::kNothing;
  if (!audio_.empty() || next == media_deadline()) return PacerReason::kMedia;
  return next == probe_deadline() ? PacerReason::kProbe : PacerReason::kPadding;
}

void Pacer::set_rates(const PacingRates& rates, base::Instant now) {
  advance(now);
  rates_ = rates;
  if (!is_paced()) media_debt_ = 0;
  media_debt_ = std::min(media_debt_, units_in(kMaxDebt, media_bps()));
  padding_debt_ = std::min(padding_debt_, units_in(kMaxDebt, rates_.padding_bps));
}

bool Pacer::is_idle() const {
  return size() == 0 && prober_.empty() && (rates_.padding_bps == 0 || is_padding_refused_);
}

void Pacer::clear() {
  audio_.clear();
  retransmissions_.clear();
  video_.clear();
  prober_.clear();
  drain_bps_ = media_debt_ = padding_debt_ = 0;
  is_padding_refused_ = true;
}

int64_t Pacer::media_bps() const {
  return is_paced() ? std::max(rates_.pacing_bps, drain_bps_) : 0;
}

base::Instant Pacer::oldest() const { return std::min(video_.oldest(), retransmissions_.oldest()); }

// Debts are bounded by kMaxDebt: a longer time pays them off too.
void Pacer::advance(base::Instant now) {
  const base::Duration passed = std::min(now - updated_at_, kMaxDebt);
  if (passed.us <= 0) return;
  updated_at_ = now;
  media_debt_ = std::max<int64_t>(0, media_debt_ - units_in(passed, media_bps()));
  padding_debt_ = std::max<int64_t>(0, padding_debt_ - units_in(passed, rates_.padding_bps));
  if (padding_debt_ == 0) is_padding_open_ = true;
}

// Each packet that joins sees to it that everything before it and itself leave in time.
void Pacer::raise_rate_for_queue() {
  if (!is_paced()) return;
  const size_t packets = video_.size() + retransmissions_.size();
  const size_t bytes = video_.bytes() + retransmissions_.bytes() + packets * kExpectedOverhead;
  const int64_t debt = std::max<int64_t>(0, media_debt_ - units_in(kBurst, media_bps()));
  const int64_t units = debt + static_cast<int64_t>(bytes) * kUnitsPerByte;
  drain_bps_ = std::max(drain_bps_, units / kDrainTime.us);
}

bool Pacer::may_send_media(base::Instant now) const {
  if (!is_paced()) return true;
  if (is_tick_used() && now - tick_at_ < kPacerTick) return false;
  return media_debt_ <= units_in(kBurst, media_bps());
}

bool Pacer::is_tick_used() const { return tick_bytes_ + kLargestPacket > kMaxBytesPerTick; }

// Begins when what was padded is paid off, ends when a step's worth has left.
bool Pacer::may_pad() {
  if (rates_.padding_bps == 0) return false;
  if (padding_debt_ >= units_in(kPacingStep, rates_.padding_bps)) is_padding_open_ = false;
  return is_padding_open_;
}

base::Instant Pacer::media_deadline() const {
  if (!has_paced()) return base::Instant::never();
  const int64_t rate = media_bps();
  if (rate == 0) return {};
  if (media_debt_ > units_in(kBurst, rate)) {
    const int64_t excess = media_debt_ - units_in(kBurst - kPacingStep, rate);
    return std::min(tick_after(excess, rate), oldest() + kMaxQueueTime);
  }
  return is_tick_used() ? tick_at_ + kPacerTick : base::Instant{};
}

base::Instant Pacer::probe_deadline() const {
  const bool may_probe = has_paced() || !is_padding_refused_;
  return may_probe ? prober_.next_deadline() : base::Instant::never();
}

base::Instant Pacer::padding_deadline() const {
  if (rates_.padding_bps == 0 || is_padding_refused_ || has_paced()) return base::Instant::never();
  if (padding_debt_ < units_in(kPacingStep, rates_.padding_bps) && is_padding_open_) return {};
  return tick_after(padding_debt_, rates_.padding_bps);
}

base::Instant Pacer::tick_after(int64_t debt, int64_t rate_bps) const {
  const int64_t at = updated_at_.us + (debt + rate_bps - 1) / rate_bps;
  return {(at + kPacerTick.us - 1) / kPacerTick.us * kPacerTick.us};
}

}  // namespace pacing
