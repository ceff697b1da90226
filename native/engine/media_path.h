// Where a media packet of a publication goes, and what changes where they go. Audio and video part
// here: audio_path.h, video_path.h.
#pragma once

#include <memory>

#include "engine/shard_state.h"
#include "forward/media_packet.h"
#include "transport/output.h"

namespace engine {

void forward_media(Step& step, transport::Media& media);
// A packet that its transport or its own shard has placed and that was described.
void forward_packet(Step& step, Publication& publication, forward::MediaPacket& packet);

// What its transport or its origin gives is set; the rest follows from its kind. `codecs`: as
// published.
void insert_publication(Step& step, std::unique_ptr<Publication> publication,
                        const List<Codec>& codecs, bool always_forwarded);
void set_muted(Step& step, Publication& publication, bool muted);

void handle_stream_ended(Step& step, Publication& publication, const transport::StreamEnd& end);

// After anything changed on which forwarding depends (mute, subscriptions, targets, encodings):
// sets the forwarders, asks for repair only of what somebody receives, and for a key frame where
// one waits.
void refresh_forwarding(Step& step, Publication& publication);

}  // namespace engine
