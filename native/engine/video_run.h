// Video packets that come together are forwarded together: to one subscription all of them, then to
// the next. What a subscriber needs (forwarder, history, keys) is then read once for all of them,
// and its datagrams lie side by side in the slab, where they make one run for the socket.
//
// A run waits for the flush at most, and for nothing where a decision could depend on it: whatever
// changes a publication's forwarding finishes its run first.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// Packets of one run. A longer one delays the first by the time that it takes to describe the rest
// (about 0.2 µs each); a shorter one reads the subscriber's state more often.
inline constexpr size_t kMaxRunPackets = 64;
static_assert(kMaxRunPackets <= forward::kMaxDescribedFrames);

// Takes a packet of a publication that is not muted.
void append_to_run(Step& step, Publication& publication, const forward::MediaPacket& packet);
// Forwards what the run holds, now. What does not fit into the slab waits in the pacers.
void finish_run(Step& step, Publication& publication);
// The same for all publications.
void finish_runs(Step& step);
// The same as far as the slab has room: false when it is full and more waits.
bool forward_runs(Step& step);

}  // namespace engine
