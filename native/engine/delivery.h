// The last part of a media packet's way, the same for audio and video: through the forwarder of one
// subscription and out of its subscriber's transport; and what is told of it.
#pragma once

#include <optional>

#include "base/prefetch.h"
#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// What became of the packet; nothing is sent unless kSend. To be followed by `note_outcome`, after
// one packet or several.
// `redundancy`: audio frames that may go along to a subscriber that negotiated it.
forward::Verdict forward_to(Step& step, Subscription& subscription,
                            const forward::MediaPacket& packet,
                            const forward::Redundancy* redundancy = nullptr);
// Whether the subscription flows, and what is told of it, by what became of its packets.
void note_outcome(Step& step, Subscription& subscription, forward::Verdict verdict);
// Both.
void deliver(Step& step, Subscription& subscription, const forward::MediaPacket& packet,
             const forward::Redundancy* redundancy = nullptr);

// Whoever comes next is needed soon, and is cold: its state is asked for while those before it are
// served, a pointer further with each of them. `next(n)`: who is served after n others, or nullptr.
template <typename Next>
void prefetch_subscribers(wire::MediaKind kind, const Next& next) {
  if (const Subscription* it = next(3)) it->prefetch(kind);
  if (const Subscription* it = next(2)) {
    it->forwarder.prefetch_ahead();
    base::prefetch_bytes(it->outbound, &it->outbound->config);
  }
  if (const Subscription* it = next(1); it != nullptr && !it->tap) {
    const Transport& transport = *it->outbound->transport;
    base::prefetch_bytes(&transport, &transport.core);
    transport.core.prefetch();
    it->outbound->track->prefetch();
  }
  if (const Subscription* it = next(0); it != nullptr && !it->tap) {
    it->outbound->transport->core.prefetch_ahead(it->outbound->config.ssrc);
    it->outbound->track->prefetch_ahead();
  }
}

// Tells of the subscription's state when it is another one than was told last.
void announce_state(Step& step, Subscription& subscription);

}  // namespace engine
