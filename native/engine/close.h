// Ending objects: each unlinks itself from those it points to and closes those that cannot be
// without it. Nothing is told to JavaScript, which asked for it.
#pragma once

#include "engine/shard_state.h"

namespace engine {

void close_subscription(Step& step, Subscription& subscription);
// With its subscription.
void close_outbound(Step& step, Outbound& outbound);
// With its subscriptions.
void close_publication(Step& step, Publication& publication);
// With its publications and outbounds; the peer is told.
void close_transport(Step& step, Transport& transport);
// With its transports, and what is relayed into it.
void close_room(Step& step, Room& room);

}  // namespace engine
