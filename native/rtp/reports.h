// Sender and receiver reports (RFC 3550 §6.4): NTP time, round trips, the publisher's clock against
// ours, and when the next report is due. Rules: SPEC.md, [REP-*].
#pragma once

#include <cstdint>
#include <optional>

#include "base/media_clock.h"
#include "base/random.h"
#include "base/time.h"
#include "wire/rtcp_report_block.h"
#include "wire/rtcp_sender_report.h"

namespace rtp {

inline constexpr base::Duration kVideoReportInterval = base::Duration::millis(1000);
inline constexpr base::Duration kAudioReportInterval = base::Duration::millis(5000);

// A round trip before one was measured.
inline constexpr base::Duration kDefaultRtt = base::Duration::millis(100);

// 32.32 fixed-point seconds since 1900 from microseconds since 1970, and back.
uint64_t ntp_from_unix(int64_t unix_us);
int64_t unix_from_ntp(uint64_t ntp);

// A span in 1/65 536 s, saturating: what DLSR and compact NTP times count in.
uint32_t compact_span(base::Duration span);

// Round trip from a report block about our stream (§6.4.1). `compact_now`: the middle 32 bits of
// our NTP time when it arrived. nullopt when it answers no SR or is absurd (> 60 s); a negative one
// (clock steps) is 1 ms.
std::optional<base::Duration> round_trip(const wire::ReportBlock& block, uint32_t compact_now);

// Smooths round trips: new = 7/8 old + 1/8 sample (RFC 6298 §2).
class RttEstimate {
 public:
  void add(base::Duration sample);
  // nullopt before the first sample.
  std::optional<base::Duration> value() const { return rtt_; }
  base::Duration value_or(base::Duration fallback) const { return rtt_.value_or(fallback); }

 private:
  std::optional<base::Duration> rtt_;
};

// A peer's NTP clock in our time, from the fastest sender reports of the last 10 to 20 s. One per
// transport, used for all its streams: audio and video then stay in step whatever its error.
class RemoteClock {
 public:
  void handle_sender_report(uint64_t ntp_time, base::Instant now);
  // nullopt before the first report.
  std::optional<base::Instant> local_of(uint64_t ntp_time) const;

 private:
  std::optional<int64_t> offset_us_;  // ours minus theirs, at least network delay
  std::optional<int64_t> current_minimum_;
  std::optional<int64_t> previous_minimum_;
  base::Instant bucket_ends_;
};

// When the next report is due: every `interval` × 0.5 to 1.5 at random, so that many streams do not
// fall into step (§6.2).
class ReportSchedule {
 public:
  ReportSchedule(base::Duration interval, base::Random& random, base::Instant now);
  // True, and the next one is planned, when a report is due.
  bool take_due(base::Random& random, base::Instant now);
  // The next one is due now: what the last one said has changed.
  void hasten(base::Instant now) { due_ = now; }
  base::Instant next_deadline() const { return due_; }

 private:
  void plan(base::Random& random, base::Instant now);

  base::Duration interval_;
  base::Instant due_;
};

}  // namespace rtp
