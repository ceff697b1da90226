// A video packet's way: through the forwarder of every subscription, each of which takes it or not
// (video_run.h); where one needs a key frame of an encoding, the publisher is asked.
#pragma once

#include "engine/shard_state.h"
#include "forward/media_packet.h"
#include "transport/output.h"

namespace engine {

// A packet of a publication that is not muted.
void forward_video(Step& step, Publication& publication, const forward::MediaPacket& packet);

// The subscriber hears at once which moments the timestamps stand for: that may have changed with
// the source ([REP-5]).
void report_at_once(Step& step, const Subscription& subscription);

// What a packet says about its layer: whether it delivers, and what it costs. True when encodings
// came or died, so that forwarding has to be refreshed. Any packet, of a muted publication too.
bool measure_layers(Step& step, Publication& publication, const forward::MediaPacket& packet);

// A subscriber lost its picture (PLI, FIR): the encoding it waits for is asked for a key frame,
// else the one it gets. How often one subscriber may is bounded.
void handle_picture_loss(Step& step, Subscription& subscription);

// A key frame of every encoding that somebody gets or waits for. Nothing for audio.
void request_key_frames(Step& step, Publication& publication);
// Begins what can begin from the key-frame cache. Then repairs are asked for of what somebody gets,
// key frames where somebody cannot go on without, and no longer of what nobody gets.
void refresh_requests(Step& step, Publication& publication);

}  // namespace engine
