// Our ufrags name the shard that serves them: a TCP connection comes to one port for all shards,
// and its first STUN message must find its way before any shard has looked at it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/driver.h"

namespace engine {

// The first ice-char is the shard's number in the alphabet of base64 (RFC 4648 §4): 'A' to 'Z' are
// 0 to 25, 'a' to 'f' 26 to 31. nullopt for any other. lib/core.ts writes it.
constexpr std::optional<size_t> shard_of_ufrag(std::string_view ufrag) {
  if (ufrag.empty()) return std::nullopt;
  const char first = ufrag.front();
  if (first >= 'A' && first <= 'Z') return static_cast<size_t>(first - 'A');
  if (first >= 'a' && first <= 'f') return static_cast<size_t>(first - 'a') + 26;
  return std::nullopt;
}

static_assert(shard_of_ufrag("f") == kMaxShards - 1);

}  // namespace engine
