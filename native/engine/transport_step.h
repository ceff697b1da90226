// Acting on one transport and carrying out what comes of it: routes, events, media to subscribers,
// requests to publishers, the next deadline.
#pragma once

#include "engine/shard_state.h"

namespace engine {

// Whether a transport may be made in this room under this handle.
CommandStatus check_new_transport(const ShardState& shard, Handle room, Handle transport);
// Makes it; it says and hears nothing before start_transport().
Transport& insert_transport(Step& step, Handle room, Handle handle,
                            const transport::AssociationConfig& config);
void start_transport(Step& step, Transport& transport);

// The output that a transport's core is to be called with, cleared and pointed at this step.
transport::Output& begin_transport_step(Step& step);
// Carries out what the core left in the output, and reschedules. `transport` may be closed later in
// the same step, not here.
void finish_transport_step(Step& step, Transport& transport);

// After a call to the core that gives no output but may have moved its deadline.
void reschedule(Step& step, Transport& transport);
// Where the shard's media leaves in this step.
transport::Outlet outlet_of(Step& step);
// After packets were handed to the core's pacer.
void queue_for_flush(ShardState& shard, Transport& transport);

}  // namespace engine
