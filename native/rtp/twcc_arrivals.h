// When the packets of one transport arrived, by transport-wide number, and the feedback messages
// made of it (draft-holmer-rmcat-transport-wide-cc-extensions-01; algorithms R1.3). One per
// publishing transport, across all its SSRCs. Rules: SPEC.md, [TWCC-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/prefetch.h"
#include "base/time.h"
#include "base/unwrapper.h"
#include "wire/rtcp_transport_cc.h"

namespace rtp {

// Numbers between the oldest and the newest arrival that are kept, a power of two and half the
// number space. Fewer would forget unreported packets after a long gap.
inline constexpr int64_t kMaxTwccWindow = 32768;
// A number that arrives behind reported ones is still reported for this long.
inline constexpr base::Duration kTwccBackWindow = base::Duration::millis(500);
inline constexpr base::Duration kMinFeedbackInterval = base::Duration::millis(50);
inline constexpr base::Duration kMaxFeedbackInterval = base::Duration::millis(250);

class TwccArrivals {
 public:
  // Asks for the place of the number after the newest.
  void prefetch_next() const {
    if (arrivals_.empty()) return;
    base::prefetch(arrivals_[static_cast<size_t>(end_) & (arrivals_.size() - 1)]);
  }
  // Only the first arrival of a number counts. `size`: bytes of the datagram, for the interval:
  // feedback takes about 5 % of the received rate.
  void handle_packet(uint16_t sequence, size_t size, base::Instant now);

  // From the next round on; zero: by the received rate, which is how it starts.
  void set_interval(base::Duration interval) { fixed_interval_ = interval; }

  // The next message that is due, at most out.size() bytes, 0 when there is none. Call until it
  // returns 0: a long gap or a full packet needs several.
  size_t write_feedback(base::Instant now, uint32_t sender_ssrc, uint32_t media_ssrc,
                        std::span<uint8_t> out);

  // never() when nothing has arrived since the last feedback.
  base::Instant next_deadline() const;

 private:
  static constexpr int64_t kNothing = -1;

  int64_t& arrival(int64_t number) {
    return arrivals_[static_cast<size_t>(number) & (arrivals_.size() - 1)];
  }
  void extend_forward(int64_t number);
  bool extend_back(int64_t number);
  void grow_to_hold(int64_t span);
  void gather();
  void finish_round(base::Instant now);

  base::SequenceUnwrapper numbers_;
  std::vector<int64_t> arrivals_;  // µs by number, kNothing where none; a ring that doubles
  int64_t begin_ = 0;              // window [begin_, end_)
  int64_t end_ = 0;
  int64_t next_to_report_ = 0;                // the next message begins here
  std::vector<wire::PacketArrival> pending_;  // scratch of write_feedback
  base::Instant due_ = base::Instant::never();
  base::Instant last_round_;
  size_t bytes_this_round_ = 0;
  base::Duration interval_ = base::Duration::millis(100);
  base::Duration fixed_interval_;
  uint8_t feedback_count_ = 0;
};

}  // namespace rtp
