// Packets are held for a while because somebody may want them again. When the pool runs short, for
// a shorter while: a shard that holds so much that it can receive nothing would hold it forever.
#pragma once

#include "engine/shard_state.h"

namespace engine {

// Lets go of what a subscriber may not need before what it may: key-frame caches, then histories,
// the oldest packets first. Looks at everything there is, so not more often than each 10 ms.
void reclaim_packets(Step& step);

}  // namespace engine
