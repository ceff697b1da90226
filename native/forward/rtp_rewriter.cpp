#include "forward/rtp_rewriter.h"

#include <algorithm>

namespace forward {

void RtpRewriter::begin_epoch(const SourcePosition& first, bool frames) {
  const bool resumed = state_.has_source && state_.source == first.source;
  const bool keeps_time = resumed && map_timestamp(first.timestamp) > state_.last_timestamp;
  if (state_.sent_anything && !keeps_time) {
    state_.timestamp_offset = first.timestamp - continued_timestamp(first);
  }
  const bool cut_short = frames && state_.sent_anything && !state_.last_marker;
  const int64_t next = state_.last_sequence + (cut_short ? 2 : 1);
  state_.sequence_offset = first.sequence - next;
  state_.highest_in = first.sequence - 1;
  state_.skipped.clear();
  state_.source = first.source;
  state_.has_source = true;
  state_.clock_rate = first.clock_rate;
}

int64_t RtpRewriter::continued_timestamp(const SourcePosition& first) const {
  const base::Duration by_arrival = first.arrived_at - state_.last_arrived_at;
  const bool both_known = first.captured_at && state_.last_captured_at;
  const base::Duration elapsed =
      both_known ? *first.captured_at - *state_.last_captured_at : by_arrival;
  const base::Duration longest = std::max(by_arrival, kMinEpochStep) + kMaxEpochLead;
  return state_.last_timestamp +
         base::ticks_of_duration(std::clamp(elapsed, kMinEpochStep, longest), first.clock_rate);
}

std::optional<int64_t> RtpRewriter::map_sequence(int64_t sequence) {
  if (sequence > state_.highest_in) {
    advance(sequence);
    return sequence - state_.sequence_offset;
  }
  if (state_.highest_in - sequence >= kSkipWindow || state_.skipped.contains(sequence)) {
    return std::nullopt;
  }
  return sequence - state_.sequence_offset +
         state_.skipped.count_after(sequence, state_.highest_in);
}

void RtpRewriter::skip(int64_t sequence) {
  if (sequence <= state_.highest_in) return;
  advance(sequence);
  state_.skipped.mark(sequence);
  ++state_.sequence_offset;
}

void RtpRewriter::advance(int64_t sequence) {
  state_.skipped.advance(state_.highest_in, sequence);
  state_.highest_in = sequence;
}

void RtpRewriter::handle_sent(int64_t sequence, const SourcePosition& position, bool marker) {
  if (sequence <= state_.last_sequence) return;
  state_.last_sequence = sequence;
  state_.last_timestamp = map_timestamp(position.timestamp);
  state_.last_marker = marker;
  state_.last_arrived_at = position.arrived_at;
  state_.last_captured_at = position.captured_at;
  state_.sent_anything = true;
}

std::optional<base::MediaClock> RtpRewriter::media_clock() const {
  if (!state_.sent_anything || !state_.last_captured_at) return std::nullopt;
  return base::MediaClock{state_.clock_rate, static_cast<uint32_t>(state_.last_timestamp),
                          *state_.last_captured_at};
}

}  // namespace forward
