// Statistics of one shard on their way from its thread to whoever reads them. The shard copies its
// counters only when asked; the reader waits a moment for that, the shard waits for nobody.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/time.h"
#include "engine/shard.h"

namespace io {

class StatsExchange {
 public:
  // A copy is good for this long, unless commands were posted since: reading more often costs the
  // shard nothing.
  static constexpr base::Duration kFreshness = base::Duration::millis(200);
  // How long a reader waits for a busy shard before it takes the last copy.
  static constexpr base::Duration kPatience = base::Duration::millis(20);

  // Shard's thread: offers a copy made at `now`, after `batches` batches of commands. Swaps: the
  // caller gets an old copy back, to be filled again.
  void offer(engine::StatsTables& tables, uint64_t batches, base::Instant now);

  // Reader: whether the copy is too old, `batches` having been posted so far.
  bool is_stale(uint64_t batches, base::Instant now);
  // Reader: waits until a copy covers `batches` and is no older than `since`, or for kPatience;
  // then copies.
  void read(engine::StatsTables& out, uint64_t batches, base::Instant since);

 private:
  std::mutex mutex_;
  std::condition_variable offered_;
  engine::StatsTables tables_;
  uint64_t batches_ = 0;
  base::Instant taken_{-kFreshness.us};
};

}  // namespace io
