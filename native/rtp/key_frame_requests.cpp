#include "rtp/key_frame_requests.h"

#include <algorithm>

namespace rtp {

void KeyFrameRequests::request(base::Instant now) {
  if (wanted_) return;
  wanted_ = true;
  due_at_ = std::max(allowed_at_, now);
}

bool KeyFrameRequests::take_due(base::Instant now) {
  if (!wanted_ || now < due_at_) return false;
  allowed_at_ = now + spacing_;
  due_at_ = now + std::max(spacing_, kKeyFrameRetry);
  return true;
}

base::Instant KeyFrameRequests::next_deadline() const {
  return wanted_ ? due_at_ : base::Instant::never();
}

bool KeyFrameBudget::take(base::Instant now) {
  const size_t oldest = (newest_ + 1) % kTriggers;
  if (now - taken_at_[newest_] < kSpacing || now - taken_at_[oldest] < kPeriod) return false;
  newest_ = oldest;
  taken_at_[newest_] = now;
  return true;
}

}  // namespace rtp
