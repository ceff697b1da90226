// Fills the rows of readStats for one shard (layout: contract.json).
#pragma once

#include "base/time.h"
#include "engine/shard.h"
#include "engine/shard_state.h"

namespace engine {

void append_shard_stats(const ShardState& shard, base::Instant now, StatsTables& tables);

}  // namespace engine
