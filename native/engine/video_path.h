// A video packet's way: through the forwarder of every subscription; where one cannot begin, a key
// frame is asked for.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"
#include "transport/output.h"

namespace engine {

// A packet of a publication that is not muted.
void forward_video(Step& step, Publication& publication, uint8_t encoding,
                   const forward::MediaPacket& packet);

// Somebody needs a key frame of what subscribers get; the receiver throttles for all of them.
// Nothing for audio.
void request_key_frame(Step& step, Publication& publication);

}  // namespace engine
