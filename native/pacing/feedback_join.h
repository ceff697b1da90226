// Joins transport-wide feedback with the history of what was sent (algorithms §1.2): which packet
// is meant, whether it arrived, and when on one continuous clock of the receiver. Rules: SPEC.md,
// [JOIN-*].
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "pacing/feedback_batch.h"
#include "pacing/send_history.h"
#include "wire/rtcp_transport_cc.h"

namespace pacing {

class FeedbackJoin {
 public:
  // Appends one row for every packet of `packets` that is still of interest. What was received is
  // forgotten by `sent`; what was lost is kept there, and reported once.
  void join(const wire::TransportCc& feedback, wire::TransportCcReader packets, base::Instant now,
            SendHistory& sent, FeedbackBatch& batch);

  // The answers to NACKs that the last message reported lost. Valid until the next.
  std::span<const SentPacket> lost_resends() const { return lost_resends_; }

  // Numbers reported that we do not know (any more): answered before, forgotten, or invented.
  uint64_t history_misses() const { return history_misses_; }
  // Messages that went missing, by their count.
  uint64_t feedback_lost() const { return feedback_lost_; }

 private:
  void move_clock(const wire::TransportCc& feedback, base::Instant now);
  void count_message(uint8_t feedback_count);

  std::vector<SentPacket> lost_resends_;
  // Where the receiver's reference time stands on a clock that began with ours (R1.5).
  int64_t reference_us_ = 0;
  std::optional<uint32_t> reference_time_;
  std::optional<uint8_t> feedback_count_;
  uint64_t history_misses_ = 0;
  uint64_t feedback_lost_ = 0;
};

}  // namespace pacing
