// An audio packet's way: its level is noted for the room, then who hears it is decided once for all
// subscribers, and each gets it as Opus or with redundancy, as negotiated.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// A packet of a publication that is not muted.
void forward_audio(Step& step, Publication& publication, const forward::MediaPacket& packet);

// After creation and whenever it is muted or not: whether it takes part in the choice of the
// loudest of its room.
void list_audio(Publication& publication);

}  // namespace engine
