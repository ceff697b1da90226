// What leaves a transport, and when (algorithms §1.11): spreads key frames over time at the pacing
// rate, lets audio through at once, fills up with padding, and sends the prober's clusters. What is
// released, and when, is its decision alone; how padding looks is the transport's.
// Rules: SPEC.md, [PACE-*].
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/prefetch.h"
#include "base/time.h"
#include "pacing/fair_queue.h"
#include "pacing/prober.h"
#include "wire/out_packet.h"

namespace pacing {

// What the controller asks for; kept until the next call, however long it is silent (R0.2).
struct PacingRates {
  int64_t pacing_bps = 0;   // 0 = not paced
  int64_t padding_bps = 0;  // sent altogether at least; 0 = no padding
};

// What may leave ahead of the rate. R1.10 has 40 ms, which at 2.5 times the target is three frames:
// nothing but key frames would be spread. Measured over a bottleneck (./run scorecard), that
// doubles its queue, and the trendline, which then sees one group a frame instead of three, answers
// later.
inline constexpr base::Duration kBurst = base::Duration::millis(5);
// Once the burst is used up, packets leave in steps of this much time. The receiver's estimator
// merges what arrives within 5 ms anyway (§1.3).
inline constexpr base::Duration kPacingStep = base::Duration::millis(5);
// Deadlines lie on multiples of this, so that many transports share one wake-up.
inline constexpr base::Duration kPacerTick = base::Duration::millis(1);
// One transport's share of a wake-up: what one GSO send can carry.
inline constexpr size_t kMaxBytesPerTick = 63'000;
// No packet waits longer: the rate is raised in time, and what is left leaves then.
inline constexpr base::Duration kMaxQueueTime = base::Duration::seconds(2);
// Debt that is remembered. More would silence media for long after a burst of audio or probes.
inline constexpr base::Duration kMaxDebt = base::Duration::millis(500);

enum class Turn : uint8_t { kNothing, kPacket, kPadding };
enum class PacerReason : uint8_t { kNothing, kMedia, kProbe, kPadding };

class Pacer {
 public:
  // Takes the packet. False, and it is dropped, when its class is full.
  bool enqueue(wire::OutPacket&& packet, base::Instant now);

  // Asks for what `passes` reads.
  void prefetch() const {
    base::prefetch_bytes(this, &prober_);
    prober_.prefetch();
  }

  // Whether a packet may leave at once, past the queues: nothing of its class or of a higher one
  // waits and its rate lets it. It is then the last turn's packet, as if released.
  bool passes(const wire::OutPacket& packet, base::Instant now);
  // What may leave at `now`. kPacket: moved into `packet`, audio before retransmissions before
  // video, in turns by SSRC (R1.11). kPadding: the caller makes a packet of about `padding_size`
  // bytes. Either is followed by `handle_sent` when it left, or for padding `refuse_padding`.
  Turn release(base::Instant now, wire::OutPacket& packet);
  // Of the last turn: the probe cluster it belongs to, -1 = none; how long the packet waited.
  int32_t cluster() const { return cluster_; }
  base::Duration delay() const { return delay_; }
  // Whether the packet of the last turn was subject to pacing: audio is not.
  bool was_paced() const { return was_paced_; }
  size_t padding_size() const { return padding_size_; }
  // The last turn's packet left as `bytes` on the wire.
  void handle_sent(size_t bytes, base::Instant now);
  // There is nothing to pad with; not asked again before media is enqueued.
  void refuse_padding() { is_padding_refused_ = true; }

  // When `release` will next have something; Instant{}: at once.
  base::Instant next_deadline() const;
  PacerReason deadline_reason() const;

  void set_rates(const PacingRates& rates, base::Instant now);
  void add_probe(const Probe& probe, base::Instant now) { prober_.add(probe, now); }
  const Prober& prober() const { return prober_; }
  const PacingRates& rates() const { return rates_; }

  // Whether a packet waits, or padding or a probe may be due without one.
  bool is_idle() const;
  size_t size() const { return audio_.size() + retransmissions_.size() + video_.size(); }
  size_t bytes() const { return audio_.bytes() + retransmissions_.bytes() + video_.bytes(); }
  // Forgets every packet, probe and debt. Rates stay.
  void clear();

 private:
  // Debts are in bits × 10^6, so that a rate in bit/s pays off exactly its value a microsecond.
  static constexpr int64_t kUnitsPerByte = 8'000'000;
  static int64_t units_in(base::Duration span, int64_t rate_bps) { return rate_bps * span.us; }

  bool is_paced() const { return rates_.pacing_bps > 0; }
  bool has_paced() const { return !retransmissions_.empty() || !video_.empty(); }
  int64_t media_bps() const;
  FairQueue& next_queue() { return retransmissions_.empty() ? video_ : retransmissions_; }
  base::Instant oldest() const;
  void advance(base::Instant now);
  void raise_rate_for_queue();
  bool may_send_media(base::Instant now) const;
  bool is_tick_used() const;
  bool may_pad();
  Turn take_popped(base::Instant now, wire::OutPacket& packet);
  Turn release_overdue(base::Instant now, wire::OutPacket& packet);
  base::Instant media_deadline() const;
  base::Instant probe_deadline() const;
  base::Instant padding_deadline() const;
  base::Instant tick_after(int64_t debt, int64_t rate_bps) const;

  // In front what every packet needs.
  PacingRates rates_;
  int64_t drain_bps_ = 0;  // what the queue needs to be empty in time
  int64_t media_debt_ = 0;
  int64_t padding_debt_ = 0;
  base::Instant updated_at_;
  base::Instant tick_at_;
  size_t tick_bytes_ = 0;
  bool is_padding_open_ = false;
  bool is_padding_refused_ = true;  // until there was media
  bool was_paced_ = false;
  int32_t cluster_ = -1;
  base::Duration delay_;
  size_t padding_size_ = 0;
  FairQueue audio_;
  FairQueue retransmissions_;
  FairQueue video_;
  Prober prober_;
  FairQueue::Popped popped_;
};

}  // namespace pacing
