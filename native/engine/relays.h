// From shard to shard. The publication's own shard decides what crosses: sound always, of video the
// encodings that the other shard receives or waits for; and tells how the publication is. There a
// publication without a transport stands for it, forwarded like any other.
//
// Both sides tell levels, not edges: what finds no room is told later, and only the newest. Either
// may be made first: the second asks, and is answered. A packet that begins a key frame answers the
// demand for one on both sides. Rules: SPEC.md, [REL-*].
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// Here is its own shard.

// Lends the packet to every shard that wants it.
void relay_packet(Step& step, Publication& publication, const forward::MediaPacket& packet);
// After anything changed that other shards know of it.
void tell_relays(Step& step, Publication& publication);
// Bits of encodings that other shards receive; that they, or holes that were shed, need a key frame
// of.
uint32_t received_elsewhere(const Publication& publication);
uint32_t key_frames_needed_elsewhere(const Publication& publication);

// Here it is relayed to.

// After its demand may have changed. Nothing for a publication of this shard.
void tell_origin(Step& step, Publication& publication);

// Either.

void handle_relay(Step& step, const RelayedPacket& relayed);
void handle_relay(Step& step, const RelayedState& state);
void handle_relay(Step& step, const RelayDemand& demand);

// Tells what had no room, gives borrowed packets back, takes home what was lent, and shows the
// other shards what is new. At the end of every step.
void settle_relays(Step& step);

}  // namespace engine
