// Subscriptions whose packets go to JavaScript of this process instead of a participant: what a
// recorder reads. Rules: SPEC.md, [TAP-*].
#pragma once

#include <cstddef>

#include "base/time.h"
#include "engine/shard_state.h"
#include "forward/media_packet.h"

namespace engine {

// What comes in this time goes to JavaScript together: waking it costs more than a packet does.
// Longer, and what a recorder sees is older; shorter, and it is woken more often.
inline constexpr base::Duration kTapInterval = base::Duration::millis(20);
// More goes at once, so that what a shard holds itself stays small.
inline constexpr size_t kMaxHeldBytes = size_t{1} << 20;

// A packet that the subscription's forwarder has just made, of `packet`; it has a tap.
void tap_packet(Step& step, const Subscription& subscription, const forward::MediaPacket& packet,
                const wire::OutPacket& out);
// A tap of the publication has come or gone: for what is written down no packet comes too late.
void refresh_patience(Publication& publication);
// What waits goes to JavaScript.
void hand_over_tapped(Step& step);

}  // namespace engine
