// Sends clusters of packets at a given rate, so that the receiver's feedback shows whether the path
// carries it (algorithms §1.9.2). Decides when; what is sent is media that waits, else what the
// transport makes up. Rules: SPEC.md, [PROBE-*].
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ring.h"
#include "base/time.h"
#include "pacing/feedback_batch.h"

namespace pacing {

// Clusters that wait; a further one drops the oldest. More would probe for what was asked long ago.
inline constexpr size_t kMaxPendingProbes = 5;
inline constexpr base::Duration kMaxProbeAge = base::Duration::seconds(5);
// A cluster this far behind its rate proves nothing any more.
inline constexpr base::Duration kMaxProbeDelay = base::Duration::millis(10);
// Bytes that leave together: what the rate carries in this time.
inline constexpr base::Duration kProbeBatch = base::Duration::millis(2);

struct Probe {
  uint32_t id = 0;
  int64_t rate_bps = 0;  // > 0
  uint16_t min_packets = 0;
  uint32_t min_bytes = 0;
};

class Prober {
 public:
  void add(const Probe& probe, base::Instant now);
  // Asks for what `is_due` reads while there are none.
  void prefetch() const { pending_.prefetch_size(); }

  // Whether a packet of a cluster should leave at `now`. Discards clusters that are late or old.
  bool is_due(base::Instant now);
  // When it will next; never() without clusters.
  base::Instant next_deadline() const;
  // The cluster that is due, and the bytes that are missing to what should leave now.
  int32_t cluster() const { return static_cast<int32_t>(pending_.front().probe.id); }
  size_t bytes_wanted(base::Instant now) const;
  // A packet of the cluster that is due has left, `bytes` on the wire.
  void handle_sent(size_t bytes, base::Instant now);

  // What a cluster has to bring, while it is among the last that began; nullptr else.
  const ClusterFacts* find(int32_t cluster) const;
  bool empty() const { return pending_.empty(); }
  uint64_t discarded() const { return discarded_; }
  void clear() { pending_.clear(); }

 private:
  struct Pending {
    Probe probe;
    base::Instant created_at;
    base::Instant started_at;  // of the first packet; before that, no packet may leave earlier
    base::Instant batch_at;
    size_t batch_bytes = 0;
    size_t sent_bytes = 0;
    size_t sent_packets = 0;
    size_t largest_bytes = 0;
    bool started = false;
  };

  static base::Instant due_at(const Pending& pending);
  static bool ends_with_next(const Pending& pending);
  static bool is_done(const Pending& pending);
  bool is_obsolete(const Pending& pending, base::Instant now) const;

  base::Ring<Pending, kMaxPendingProbes> pending_;
  // Feedback comes later than the next clusters.
  base::Ring<ClusterFacts, 4 * kMaxPendingProbes> facts_;
  uint64_t discarded_ = 0;
};

}  // namespace pacing
