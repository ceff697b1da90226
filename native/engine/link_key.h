// By what a datagram of a link finds it: both addresses, and the keys that its trailer names. Of
// two nodes' media threads there is one pair of addresses, and a link for each room that both
// serve.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"

namespace engine {

struct LinkKey {
  base::FiveTuple path;
  uint32_t key_id = 0;

  bool operator==(const LinkKey&) const = default;
};

struct LinkKeyHash {
  // Key ids are random.
  size_t operator()(const LinkKey& key) const {
    return base::FiveTupleHash()(key.path) ^ (size_t{key.key_id} << 32 | key.key_id);
  }
};

}  // namespace engine
