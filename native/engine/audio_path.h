// An audio packet's way: its level is noted for the room, then every subscription gets it.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// A packet of a publication that is not muted.
void forward_audio(Step& step, Publication& publication, const forward::MediaPacket& packet);

}  // namespace engine
