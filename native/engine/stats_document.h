// The statistics of all shards as Engine.readStats delivers them (layout: contract.json, `stats`).
#pragma once

#include <cstddef>
#include <span>

#include "engine/shard.h"

namespace engine {

// Writes as much as fits into `out` and returns how many doubles the whole document is.
size_t write_stats_document(std::span<const StatsTables> shards, std::span<double> out);

}  // namespace engine
