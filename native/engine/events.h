// What the shard tells JavaScript, encoded.
#pragma once

#include "engine/event_buffer.h"
#include "engine/objects.h"
#include "transport/output.h"

namespace engine {

// A handle in one number: index + generation × 2^32 + shard × 2^48, as statistics and transmits
// carry it, and back.
constexpr uint64_t pack(Handle handle) {
  return uint64_t{handle.shard} << 48 | uint64_t{handle.generation} << 32 | handle.index;
}
constexpr Handle unpack(uint64_t packed) {
  return {static_cast<uint32_t>(packed), static_cast<uint16_t>(packed >> 32),
          static_cast<uint16_t>(packed >> 48)};
}

void emit_transport_state(EventBuffer& events, const Transport& transport,
                          const transport::StateChange& change);
void emit_stream_started(EventBuffer& events, const Publication& publication,
                         const transport::StreamStart& start);
void emit_stream_ended(EventBuffer& events, const Publication& publication,
                       const transport::StreamEnd& end);
// One feedback message, joined.
void emit_congestion_feedback(EventBuffer& events, const Transport& transport,
                              const pacing::FeedbackBatch& batch);
void emit_remote_estimate(EventBuffer& events, const Transport& transport, uint64_t bitrate_bps,
                          base::Instant now);
void emit_reception(EventBuffer& events, const Transport& transport,
                    const rtp::Reception& reception, base::Instant now);
// Who speaks as of the room's last decision.
void emit_audio_levels(EventBuffer& events, const Room& room);

}  // namespace engine
