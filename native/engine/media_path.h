// The way of a media packet through the shard: from the publication it belongs to, through a
// forwarder per subscription, into the pacers of the subscribers.
#pragma once

#include "engine/shard_state.h"

namespace engine {

void forward_media(Step& step, transport::Media& media);

void handle_stream_started(Step& step, Publication& publication, uint8_t encoding);
// Subscribers go over to another encoding that is alive, if there is one.
void handle_stream_ended(Step& step, Publication& publication, uint8_t encoding);

// Somebody needs a key frame of what subscribers get; the receiver throttles for all of them.
void request_key_frame(Step& step, Publication& publication);

// After anything changed on which forwarding depends (mute, active, subscriptions): sets the
// forwarders, asks for repair only where somebody receives, and for a key frame where one waits.
void refresh_forwarding(Step& step, Publication& publication);
// Tells of the subscription's state when it is another one than was told last.
void announce_state(Step& step, Subscription& subscription);

}  // namespace engine
