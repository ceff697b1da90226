#include "rtp/key_frame_requests.h"

namespace rtp {

bool KeyFrameRequests::take_due(base::Instant now) {
  if (!wanted_ || now < allowed_at_) return false;
  allowed_at_ = now + spacing_;
  return true;
}

base::Instant KeyFrameRequests::next_deadline() const {
  return wanted_ ? allowed_at_ : base::Instant::never();
}

}  // namespace rtp
