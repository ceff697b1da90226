#include "rtp/resend_budget.h"

#include <algorithm>
#include <utility>

namespace rtp {

bool ResendBudget::has_room(base::Instant now) {
  slide(now);
  return sum_ * 8 * 2 < target_bps_;
}

void ResendBudget::take(size_t bytes, base::Instant now) {
  slide(now);
  bytes_[static_cast<size_t>(slot_) % kSlots] += static_cast<int64_t>(bytes);
  sum_ += static_cast<int64_t>(bytes);
}

void ResendBudget::slide(base::Instant now) {
  const int64_t slot = now.us / kSlotUs;
  const int64_t steps = std::min<int64_t>(slot - slot_, kSlots);
  for (int64_t i = 1; i <= steps; ++i) {
    sum_ -= std::exchange(bytes_[static_cast<size_t>(slot - steps + i) % kSlots], 0);
  }
  slot_ = std::max(slot_, slot);
}

}  // namespace rtp
