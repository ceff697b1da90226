// The last part of a media packet's way, the same for audio and video: through the forwarder of one
// subscription into the pacer of its subscriber; and what is told of it.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// What became of the packet; nothing is sent unless kSend.
// `redundancy`: audio frames that may go along to a subscriber that negotiated it.
forward::Verdict deliver(Step& step, Subscription& subscription, const forward::MediaPacket& packet,
                         const forward::Redundancy* redundancy = nullptr);

// Tells of the subscription's state when it is another one than was told last.
void announce_state(Step& step, Subscription& subscription);

}  // namespace engine
