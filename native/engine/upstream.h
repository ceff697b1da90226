// Where the encodings of a publication come from: its transport, or the shard that it is relayed
// from. What subscribers need of them is asked for here, whichever it is.
#pragma once

#include <cstdint>

#include "engine/shard_state.h"

namespace engine {

// Somebody cannot go on without a key frame; asked any number of times, by any number of
// subscribers. Nothing while it is muted.
void ask_key_frame(Step& step, Publication& publication, uint8_t encoding);
// Nobody needs it any more.
void cancel_key_frame(Publication& publication, uint8_t encoding);
// Asked for, and none has begun since. nullopt when the encoding is not known.
std::optional<bool> is_key_frame_asked(const Publication& publication, uint8_t encoding);
// One begins with the packet numbered `sequence`.
void note_key_frame(Publication& publication, uint8_t encoding, int64_t sequence);
// A bit per encoding of which packets may be forwarded, now or as a start: what has to come here.
void set_useful(Publication& publication, uint8_t encodings);
// Whether anybody receives this encoding.
void set_received(Publication& publication, uint8_t encoding, bool received);

// A bit per encoding that delivers.
uint8_t usable_encodings(const Publication& publication);

}  // namespace engine
