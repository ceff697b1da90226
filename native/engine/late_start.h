// A subscriber that comes late begins with what the key-frame cache holds, if it can: the publisher
// is not asked again, and nobody else sees another key frame.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// Keeps a packet of a publication that is not muted.
void cache_packet(Publication& publication, const forward::MediaPacket& packet);

// Begins where a subscription waits for a key frame and one is held that fits its bandwidth. True
// when it flows now.
bool begin_from_cache(Step& step, Subscription& subscription);

}  // namespace engine
