#include "pacing/prober.h"

#include <algorithm>

namespace pacing {

namespace {

base::Duration time_for(size_t bytes, int64_t rate_bps) {
  return base::Duration::micros(static_cast<int64_t>(bytes) * 8'000'000 / rate_bps);
}

size_t bytes_in(base::Duration span, int64_t rate_bps) {
  return static_cast<size_t>(rate_bps * span.us / 8'000'000);
}

}  // namespace

void Prober::add(const Probe& probe, base::Instant now) {
  while (!pending_.empty() && now - pending_.front().created_at > kMaxProbeAge) {
    pending_.pop();
    ++discarded_;
  }
  if (pending_.full()) {
    pending_.pop();
    ++discarded_;
  }
  pending_.push({.probe = probe,
                 .created_at = now,
                 .started_at = {},
                 .batch_at = {},
                 .batch_bytes = 0,
                 .sent_bytes = 0,
                 .sent_packets = 0,
                 .largest_bytes = 0,
                 .started = false});
  facts_.push_over({probe.id, probe.min_packets, probe.min_bytes});
}

bool Prober::is_due(base::Instant now) {
  while (!pending_.empty() && is_obsolete(pending_.front(), now)) {
    pending_.pop();
    ++discarded_;
  }
  if (pending_.empty()) return false;
  const Pending& pending = pending_.front();
  if (now >= due_at(pending)) return true;
  // The last one leaves at its own time, so that the cluster as a whole has the asked rate.
  return pending.started && pending.batch_at == now && !ends_with_next(pending) &&
         pending.batch_bytes < bytes_in(kProbeBatch, pending.probe.rate_bps);
}

base::Instant Prober::next_deadline() const {
  return pending_.empty() ? base::Instant::never() : due_at(pending_.front());
}

size_t Prober::bytes_wanted(base::Instant now) const {
  const Pending& pending = pending_.front();
  const size_t batch = bytes_in(kProbeBatch, pending.probe.rate_bps);
  const size_t have = pending.batch_at == now ? pending.batch_bytes : 0;
  return std::max<size_t>(1, batch - std::min(batch, have));
}

void Prober::handle_sent(size_t bytes, base::Instant now) {
  Pending& pending = pending_.front();
  if (!pending.started) {
    pending.started = true;
    pending.started_at = now;
  }
  if (pending.batch_at != now) {
    pending.batch_at = now;
    pending.batch_bytes = 0;
  }
  pending.batch_bytes += bytes;
  pending.sent_bytes += bytes;
  ++pending.sent_packets;
  pending.largest_bytes = std::max(pending.largest_bytes, bytes);
  if (!is_done(pending)) return;
  // The next cluster leaves behind this one's last packet, not beside it.
  const base::Instant end = due_at(pending);
  pending_.pop();
  if (!pending_.empty()) pending_.front().started_at = end;
}

const ClusterFacts* Prober::find(int32_t cluster) const {
  for (size_t i = 0; i < facts_.size(); ++i) {
    if (static_cast<int32_t>(facts_[i].id) == cluster) return &facts_[i];
  }
  return nullptr;
}

base::Instant Prober::due_at(const Pending& pending) {
  if (!pending.started) return pending.started_at;
  return pending.started_at + time_for(pending.sent_bytes, pending.probe.rate_bps);
}

bool Prober::ends_with_next(const Pending& pending) {
  return pending.sent_packets + 1 >= pending.probe.min_packets &&
         pending.sent_bytes + pending.largest_bytes >= pending.probe.min_bytes;
}

bool Prober::is_done(const Pending& pending) {
  return pending.sent_packets >= pending.probe.min_packets &&
         pending.sent_bytes >= pending.probe.min_bytes;
}

bool Prober::is_obsolete(const Pending& pending, base::Instant now) const {
  if (now - pending.created_at > kMaxProbeAge) return true;
  return pending.started && now > due_at(pending) + kMaxProbeDelay;
}

}  // namespace pacing
