#include "engine/relay_link.h"

namespace engine {

bool RelayLink::has_room(wire::MediaKind kind) {
  const bool video = kind == wire::MediaKind::kVideo;
  return relays_.size() < (video ? kMaxRelaysBeforeVideo : kMaxRelaysBeforeSound) &&
         lent_ < (video ? kMaxLentBeforeVideo : kMaxLent);
}

void RelayLink::take_returned() {
  for (size_t count = returned_.available(); count > 0; --count) {
    base::PacketPool::return_lent(returned_.front());
    returned_.pop();
    --lent_;
  }
}

RelayMesh::RelayMesh(size_t shards) : shards_(shards) {
  for (size_t i = 0; i < shards * shards; ++i) {
    const bool is_own = i / shards == i % shards;
    links_.push_back(is_own ? nullptr : std::make_unique<RelayLink>());
  }
}

RelayPorts RelayMesh::ports(size_t shard) const {
  RelayPorts ports;
  for (size_t other = 0; other < shards_ && shards_ > 1; ++other) {
    ports.to.push_back(links_[shard * shards_ + other].get());
    ports.from.push_back(links_[other * shards_ + shard].get());
  }
  return ports;
}

}  // namespace engine
