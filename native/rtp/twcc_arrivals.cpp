#include "rtp/twcc_arrivals.h"

#include <algorithm>
#include <utility>

namespace rtp {

namespace {

constexpr size_t kInitialArrivals = 256;
// Arrivals looked at for one message; a full packet of 1200 bytes holds fewer.
constexpr size_t kMaxPending = 1024;
// A feedback message with its IP, UDP and SRTP overhead takes about this much; it may use 5 % of
// the rate it reports on (libwebrtc's rule).
constexpr int64_t kFeedbackBits = int64_t{68} * 8;
constexpr int64_t kFeedbackShare = 20;

}  // namespace

void TwccArrivals::handle_packet(uint16_t sequence, size_t size, base::Instant now) {
  const bool first = !numbers_.started();
  const int64_t number = numbers_.unwrap(sequence);
  bytes_this_round_ += size;
  if (first) begin_ = end_ = next_to_report_ = number;
  if (number >= end_) {
    extend_forward(number);
  } else if (number < begin_ && !extend_back(number)) {
    return;
  }
  if (arrival(number) != kNothing) return;
  arrival(number) = now.us;
  next_to_report_ = std::min(next_to_report_, number);
  if (due_.is_never()) due_ = std::max(now, last_round_ + interval_);
}

void TwccArrivals::extend_forward(int64_t number) {
  begin_ = std::max(begin_, number + 1 - kMaxTwccWindow);
  next_to_report_ = std::max(next_to_report_, begin_);
  if (end_ < begin_) end_ = begin_;
  grow_to_hold(number + 1 - begin_);
  for (; end_ <= number; ++end_) arrival(end_) = kNothing;
}

bool TwccArrivals::extend_back(int64_t number) {
  if (end_ - number > kMaxTwccWindow) return false;
  grow_to_hold(end_ - number);
  while (begin_ > number) arrival(--begin_) = kNothing;
  return true;
}

void TwccArrivals::grow_to_hold(int64_t span) {
  if (static_cast<size_t>(span) <= arrivals_.size()) return;
  size_t capacity = std::max(arrivals_.size(), kInitialArrivals);
  while (capacity < static_cast<size_t>(span)) capacity *= 2;
  std::vector<int64_t> old(capacity, kNothing);
  std::swap(arrivals_, old);
  if (old.empty()) return;
  const int64_t kept = std::max(begin_, end_ - static_cast<int64_t>(old.size()));
  for (int64_t number = kept; number < end_; ++number) {
    arrival(number) = old[static_cast<size_t>(number) & (old.size() - 1)];
  }
}

size_t TwccArrivals::write_feedback(base::Instant now, uint32_t sender_ssrc, uint32_t media_ssrc,
                                    std::span<uint8_t> out) {
  if (now < due_) return 0;
  gather();
  wire::TransportCc feedback;
  feedback.sender_ssrc = sender_ssrc;
  feedback.media_ssrc = media_ssrc;
  feedback.feedback_count = feedback_count_;
  size_t taken = 0;
  const size_t size =
      pending_.empty() ? 0
                       : wire::write_transport_cc(feedback, next_to_report_, pending_, out, taken);
  if (size == 0) {
    finish_round(now);
    return 0;
  }
  ++feedback_count_;
  next_to_report_ = pending_[taken - 1].sequence + 1;
  if (next_to_report_ == end_) finish_round(now);
  return size;
}

void TwccArrivals::gather() {
  pending_.clear();
  for (int64_t number = next_to_report_; number < end_ && pending_.size() < kMaxPending; ++number) {
    if (arrival(number) != kNothing) pending_.push_back({number, arrival(number)});
  }
}

void TwccArrivals::finish_round(base::Instant now) {
  next_to_report_ = end_;
  due_ = base::Instant::never();
  const int64_t elapsed_us = std::max<int64_t>((now - last_round_).us, 1);
  const int64_t rate_bps =
      std::max<int64_t>(static_cast<int64_t>(bytes_this_round_) * 8 * 1000000 / elapsed_us, 1);
  interval_ = fixed_interval_.us > 0
                  ? fixed_interval_
                  : std::clamp(base::Duration::seconds(kFeedbackBits * kFeedbackShare) / rate_bps,
                               kMinFeedbackInterval, kMaxFeedbackInterval);
  last_round_ = now;
  bytes_this_round_ = 0;
  const base::Instant oldest = now - kTwccBackWindow;
  while (begin_ < end_ && arrival(begin_) < oldest.us) ++begin_;
}

base::Instant TwccArrivals::next_deadline() const { return due_; }

}  // namespace rtp
