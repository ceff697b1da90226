#include "rtp/receive_log.h"

#include <algorithm>
#include <cstdlib>

namespace rtp {

Placement ReceiveLog::handle_packet(uint16_t sequence, bool repaired) {
  if (!numbers_.started()) {
    return repaired ? Placement{} : start(sequence, Arrival::kAhead, repaired);
  }
  const int64_t position = numbers_.peek(sequence);
  const int64_t step = position - highest_;
  if (repaired) {
    if (step > kMaxForwardJump) return {};
  } else if (step > kMaxForwardJump || step < -kMaxBackwardJump) {
    return doubt(sequence);
  } else {
    expected_after_jump_.reset();
  }
  return step > 0 ? advance(position, repaired) : fill(position, repaired);
}

Placement ReceiveLog::start(uint16_t sequence, Arrival arrival, bool repaired) {
  numbers_.reset();
  highest_ = base_ = numbers_.unwrap(sequence);
  seen_.reset();
  seen_.set(slot(highest_));
  expected_after_jump_.reset();
  received_this_generation_ = expected_prior_ = received_prior_ = 0;
  last_sample_.reset();
  count(repaired);
  return {arrival, highest_, 0};
}

Placement ReceiveLog::advance(int64_t position, bool repaired) {
  for (int64_t skipped = highest_ + 1; skipped < position; ++skipped) seen_.reset(slot(skipped));
  const int64_t missing = position - highest_ - 1;
  highest_ = numbers_.unwrap(static_cast<uint16_t>(position));
  seen_.set(slot(position));
  count(repaired);
  return {Arrival::kAhead, position, missing};
}

Placement ReceiveLog::fill(int64_t position, bool repaired) {
  if (position <= highest_ - kReorderWindow) return {Arrival::kTooOld, position, 0};
  if (seen_.test(slot(position))) {
    ++duplicates_;
    return {Arrival::kDuplicate, position, 0};
  }
  seen_.set(slot(position));
  base_ = std::min(base_, position);
  count(repaired);
  return {Arrival::kLate, position, 0};
}

Placement ReceiveLog::doubt(uint16_t sequence) {
  if (expected_after_jump_ == sequence) {
    ++generation_;
    return start(sequence, Arrival::kRestarted, false);
  }
  expected_after_jump_ = static_cast<uint16_t>(sequence + 1);
  return {Arrival::kUnlikely, 0, 0};
}

void ReceiveLog::count(bool repaired) {
  if (repaired) {
    ++repaired_;
  } else {
    ++received_;
    ++received_this_generation_;
  }
}

void ReceiveLog::sample_jitter(uint32_t timestamp, uint32_t clock_rate, base::Instant now) {
  const std::optional<JitterSample> previous = last_sample_;
  if (previous && previous->timestamp == timestamp) return;
  last_sample_ = JitterSample{timestamp, now};
  if (!previous) return;
  const int64_t arrival_step = base::ticks_of_duration(now - previous->at, clock_rate);
  const int64_t media_step = static_cast<int32_t>(timestamp - previous->timestamp);
  const int64_t difference = std::abs(arrival_step - media_step);
  if (difference > int64_t{5} * clock_rate) return;
  jitter_q4_ += difference - ((jitter_q4_ + 8) >> 4);
}

int64_t ReceiveLog::packets_lost() const {
  return started() ? highest_ - base_ + 1 - received_this_generation_ : 0;
}

std::optional<wire::ReportBlock> ReceiveLog::report(uint32_t ssrc) {
  if (!started()) return std::nullopt;
  const int64_t expected = highest_ - base_ + 1;
  const int64_t expected_now = expected - expected_prior_;
  const int64_t lost_now = expected_now - (received_this_generation_ - received_prior_);
  expected_prior_ = expected;
  received_prior_ = received_this_generation_;

  wire::ReportBlock block;
  block.ssrc = ssrc;
  if (expected_now > 0 && lost_now > 0) {
    block.fraction_lost =
        static_cast<uint8_t>(std::min<int64_t>(255, lost_now * 256 / expected_now));
  }
  block.cumulative_lost =
      static_cast<int32_t>(std::clamp<int64_t>(packets_lost(), -0x800000, 0x7fffff));
  block.extended_highest_sequence = static_cast<uint32_t>(highest_);
  block.jitter = jitter();
  return block;
}

}  // namespace rtp
