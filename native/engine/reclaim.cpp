#include "engine/reclaim.h"

#include <array>

namespace engine {

namespace {

constexpr base::Duration kInterval = base::Duration::millis(10);
// What history keeps, one after the other until there is room: most losses are repaired within
// 250 ms, and what is left after the last has just been sent.
constexpr std::array kAges{base::Duration::millis(500), base::Duration::millis(250),
                           base::Duration::millis(100), base::Duration::millis(0)};

}  // namespace

void reclaim_packets(Step& step) {
  ShardState& shard = step.shard;
  shard.reclaim_at = step.now + kInterval;
  ++shard.counters.pool_shortages;
  shard.publications.for_each([](Publication& publication) {
    for (forward::KeyFrameCache& cache : publication.caches) cache.clear();
  });
  for (const base::Duration age : kAges) {
    if (shard.packets.is_relieved()) return;
    shard.outbounds.for_each(
        [&](Outbound& outbound) { outbound.track->shorten_history(step.now, age); });
  }
}

}  // namespace engine
