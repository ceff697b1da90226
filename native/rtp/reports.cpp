#include "rtp/reports.h"

#include <algorithm>
#include <limits>

namespace rtp {

namespace {

constexpr int64_t kNtpToUnixSeconds = 2208988800;  // 1900 to 1970
constexpr base::Duration kClockBucket = base::Duration::seconds(10);
constexpr base::Duration kMaxRoundTrip = base::Duration::seconds(60);

}  // namespace

uint64_t ntp_from_unix(int64_t unix_us) {
  const auto us = static_cast<uint64_t>(unix_us + kNtpToUnixSeconds * 1000000);
  const uint64_t fraction = ((us % 1000000) << 32) / 1000000;
  return (us / 1000000) << 32 | fraction;
}

int64_t unix_from_ntp(uint64_t ntp) {
  const auto seconds = static_cast<int64_t>(ntp >> 32) - kNtpToUnixSeconds;
  const uint64_t fraction = ntp & 0xffffffff;
  return seconds * 1000000 + static_cast<int64_t>((fraction * 1000000 + (uint64_t{1} << 31)) >> 32);
}

uint32_t compact_span(base::Duration span) {
  if (span.us <= 0) return 0;
  if (span >= base::Duration::seconds(65536)) return std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(span.us * 65536 / 1000000);
}

std::optional<base::Duration> round_trip(const wire::ReportBlock& block, uint32_t compact_now) {
  if (block.last_sr == 0) return std::nullopt;
  const auto ticks = static_cast<int32_t>(compact_now - block.last_sr - block.delay_since_last_sr);
  const base::Duration span = base::Duration::micros(int64_t{ticks} * 1000000 / 65536);
  if (span > kMaxRoundTrip || span < base::Duration{} - kMaxRoundTrip) return std::nullopt;
  return std::max(span, base::Duration::millis(1));
}

void RttEstimate::add(base::Duration sample) { rtt_ = rtt_ ? (*rtt_ * 7 + sample) / 8 : sample; }

void RemoteClock::handle_sender_report(uint64_t ntp_time, base::Instant now) {
  const int64_t sample = now.us - unix_from_ntp(ntp_time);
  if (!current_minimum_ || now >= bucket_ends_) {
    previous_minimum_ = current_minimum_.value_or(sample);
    current_minimum_ = sample;
    bucket_ends_ = now + kClockBucket;
  }
  current_minimum_ = std::min(*current_minimum_, sample);
  offset_us_ = std::min(*current_minimum_, *previous_minimum_);
}

std::optional<base::Instant> RemoteClock::local_of(uint64_t ntp_time) const {
  if (!offset_us_) return std::nullopt;
  return base::Instant{unix_from_ntp(ntp_time) + *offset_us_};
}

ReportSchedule::ReportSchedule(base::Duration interval, base::Random& random, base::Instant now)
    : interval_(interval) {
  plan(random, now);
}

bool ReportSchedule::take_due(base::Random& random, base::Instant now) {
  if (now < due_) return false;
  plan(random, now);
  return true;
}

void ReportSchedule::plan(base::Random& random, base::Instant now) {
  due_ = now + interval_ / 2 + base::Duration::micros(random.u32() % (interval_.us + 1));
}

}  // namespace rtp
