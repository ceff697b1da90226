#include "rtp/key_frame_requests.h"

#include <algorithm>

namespace rtp {

void KeyFrameRequests::request(base::Instant now) {
  if (wanted_) return;
  wanted_ = true;
  allowed_at_ = std::max(allowed_at_, now);
}

bool KeyFrameRequests::take_due(base::Instant now) {
  if (!wanted_ || now < allowed_at_) return false;
  allowed_at_ = now + spacing_;
  return true;
}

base::Instant KeyFrameRequests::next_deadline() const {
  return wanted_ ? allowed_at_ : base::Instant::never();
}

}  // namespace rtp
