// Which numbers to ask a publisher for again, and when (RFC 4585 §6.2.1; algorithms §7.1).
// Rules: SPEC.md, [NACK-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "rtp/reports.h"

namespace rtp {

// Missing numbers that are remembered. Beyond it a key frame is cheaper than the repair; the list
// takes 32 bytes a number while a stream is losing.
inline constexpr size_t kMaxNackEntries = 1000;
// A missing number this far behind the highest cannot be repaired in time.
inline constexpr int64_t kMaxNackAge = 10000;
// One NACK message per stream and this long at most (algorithms §7.6).
inline constexpr base::Duration kNackSpacing = base::Duration::millis(20);

struct NackPolicy {
  // How long a gap may be mere reordering.
  base::Duration reorder_guard = base::Duration::millis(5);
  // After this a missing packet is given up.
  base::Duration give_up_after = base::Duration::millis(1000);
  uint8_t max_tries = 10;

  static constexpr NackPolicy video() { return {}; }
  // Late audio is worthless: one try, 200 ms (algorithms R5.15).
  static constexpr NackPolicy audio() {
    return {base::Duration::millis(5), base::Duration::millis(200), 1};
  }
};

class NackGenerator {
 public:
  explicit NackGenerator(NackPolicy policy) : policy_(policy) {}

  // Of what is missing already, too.
  void set_policy(NackPolicy policy) { policy_ = policy; }

  // The numbers [first, first + count) were skipped; they are newer than all before.
  void handle_gap(int64_t first, int64_t count, base::Instant now);

  // `sequence` arrived late or repaired. Gives the time since it was asked for when it was asked
  // for exactly once: an upper bound of the round trip.
  std::optional<base::Duration> handle_arrival(int64_t sequence, base::Instant now);

  // A key frame begins at `sequence`: what is missing before it no longer matters once the list is
  // full.
  void handle_key_frame(int64_t sequence);

  // Numbers to ask for now, ascending, at most out.size(); a number is asked for again after `rtt`
  // (at least kNackSpacing). Returns how many. Gives up what is too old.
  size_t collect(base::Instant now, base::Duration rtt, std::span<uint16_t> out);

  base::Instant next_deadline() const;

  // True once after something was given up: what follows cannot be decoded without a key frame.
  bool take_gave_up();

  void clear();
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    int64_t sequence = 0;
    base::Instant missing_since;
    base::Instant asked_at;
    uint8_t tries = 0;
    bool settled = false;  // arrived or given up: removed by the next collect
  };

  base::Instant due_at(const Entry& entry) const;
  bool make_room(int64_t first, int64_t count);
  void give_up(Entry& entry);
  void remove_settled();
  void plan_next();

  NackPolicy policy_;
  std::vector<Entry> entries_;  // ascending by sequence; capacity grows to kMaxNackEntries once
  std::optional<int64_t> key_frame_;  // start of the newest key frame
  bool gave_up_ = false;
  base::Duration retry_after_ = kDefaultRtt;
  base::Instant quiet_until_;
  base::Instant next_due_ = base::Instant::never();
};

}  // namespace rtp
