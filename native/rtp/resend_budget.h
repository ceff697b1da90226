// How much of a transport's target retransmissions may take: at most half of it in any second
// (algorithms R7.6). Beyond it a key frame repairs more than resends would.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace rtp {

class ResendBudget {
 public:
  // The controller's target; 0 = none: each stream then keeps a budget of its own.
  void set_target(int64_t target_bps) { target_bps_ = target_bps; }
  bool is_set() const { return target_bps_ > 0; }

  // Whether one more may leave at `now`.
  bool has_room(base::Instant now);
  void take(size_t bytes, base::Instant now);

 private:
  // The second slides in steps of a tenth.
  static constexpr size_t kSlots = 10;
  static constexpr int64_t kSlotUs = 1'000'000 / kSlots;
  void slide(base::Instant now);

  int64_t target_bps_ = 0;
  std::array<int64_t, kSlots> bytes_{};
  int64_t slot_ = 0;  // number of the slot that `now` lies in
  int64_t sum_ = 0;
};

}  // namespace rtp
