// Where a media packet of a publication goes, and what changes where they go. Audio and video part
// here: audio_path.h, video_path.h.
#pragma once

#include "engine/shard_state.h"
#include "transport/output.h"

namespace engine {

void forward_media(Step& step, transport::Media& media);

void handle_stream_ended(Step& step, Publication& publication, const transport::StreamEnd& end);

// After anything changed on which forwarding depends (mute, subscriptions, targets, encodings):
// sets the forwarders, asks for repair only of what somebody receives, and for a key frame where
// one waits.
void refresh_forwarding(Step& step, Publication& publication);

}  // namespace engine
