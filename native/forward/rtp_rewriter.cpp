#include "forward/rtp_rewriter.h"

#include <algorithm>

namespace forward {

void RtpRewriter::begin_epoch(const SourcePosition& first, bool frames) {
  if (state_.sent_anything && !continues_source(first)) {
    align_timestamps(first, frames && state_.has_source);
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

// The same source as before, and its clock has run on: no need to align anything.
bool RtpRewriter::continues_source(const SourcePosition& first) const {
  return state_.has_source && state_.source == first.source &&
         map_timestamp(first.timestamp) > state_.last_timestamp && !jumps(first);
}

// Where capture times, or else arrival times, put `first` on the outgoing clock.
int64_t RtpRewriter::ideal_timestamp(const SourcePosition& first) const {
  const bool comparable = first.captured_at && state_.last_captured_at &&
                          !(state_.has_source && state_.source == first.source);
  const base::Duration elapsed = comparable ? *first.captured_at - *state_.last_captured_at
                                            : first.arrived_at - state_.last_arrived_at;
  return state_.last_timestamp - state_.timestamp_lead +
         base::ticks_of_duration(elapsed, first.clock_rate);
}

base::Duration RtpRewriter::lag_of(const SourcePosition& first) const {
  if (!state_.sent_anything || continues_source(first)) return {};
  return base::duration_of_ticks(state_.last_timestamp - ideal_timestamp(first), first.clock_rate);
}

// `related`: another encoding, or another beginning, of what was forwarded before.
void RtpRewriter::align_timestamps(const SourcePosition& first, bool related) {
  const base::Duration least = related ? kMinSwitchStep : kMinEpochStep;
  const base::Duration passed = std::max(first.arrived_at - state_.last_arrived_at, least);
  const auto after = [&](base::Duration span) {
    return state_.last_timestamp + base::ticks_of_duration(span, first.clock_rate);
  };
  const int64_t ideal = ideal_timestamp(first);
  int64_t timestamp = std::max(ideal, after(least));
  // Further ahead than time has passed: the reports are wrong, the clock on the wall is not.
  if (timestamp > after(passed + kMaxEpochLead)) timestamp = after(passed);
  const bool lags = ideal < timestamp && timestamp - ideal <= after(kMaxSwitchLag) - after({});
  state_.timestamp_lead = related && lags ? timestamp - ideal : 0;
  state_.timestamp_offset = first.timestamp - timestamp;
}

bool RtpRewriter::jumps(const SourcePosition& position) const {
  if (!state_.has_source || !state_.sent_anything || !position.newest) return false;
  const base::Duration step = base::duration_of_ticks(
      map_timestamp(position.timestamp) - state_.last_timestamp, position.clock_rate);
  const base::Duration passed = position.arrived_at - state_.last_arrived_at;
  return step < base::Duration{} - kMaxClockReturn || step > passed + kMaxClockJump;
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
