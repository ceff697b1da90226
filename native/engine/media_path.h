// Where a media packet of a publication goes, and what changes where they go. Audio and video part
// here: audio_path.h, video_path.h.
#pragma once

#include "engine/shard_state.h"

namespace engine {

void forward_media(Step& step, transport::Media& media);

void handle_stream_started(Step& step, Publication& publication, uint8_t encoding);
// Subscribers go over to another encoding that is alive, if there is one.
void handle_stream_ended(Step& step, Publication& publication, uint8_t encoding);

// After anything changed on which forwarding depends (mute, active, subscriptions): sets the
// forwarders, asks for repair only where somebody receives, and for a key frame where one waits.
void refresh_forwarding(Step& step, Publication& publication);

}  // namespace engine
