#include "engine/transport_step.h"

#include <algorithm>
#include <memory>
#include <string>

#include "engine/events.h"
#include "engine/media_path.h"
#include "engine/video_path.h"

namespace engine {

namespace {

void apply_routes(ShardState& shard, Transport& transport, const transport::Output& output) {
  for (const base::FiveTuple& path : output.paths_added) {
    // A path that another transport held is the new one's: it has just proven itself there.
    shard.by_path[path] = &transport;
    transport.paths.push_back(path);
  }
  for (const base::FiveTuple& path : output.paths_removed) {
    std::erase(transport.paths, path);
    const auto route = shard.by_path.find(path);
    if (route != shard.by_path.end() && route->second == &transport) shard.by_path.erase(route);
  }
}

void apply_streams(Step& step, const transport::Output& output) {
  for (const transport::StreamStart& start : output.streams_started) {
    Publication* publication = step.shard.publications.at(start.stream.track);
    if (publication == nullptr) continue;
    emit_stream_started(step.out.events, *publication, start);
    refresh_forwarding(step, *publication);
  }
  for (const transport::StreamEnd& end : output.streams_ended) {
    Publication* publication = step.shard.publications.at(end.stream.track);
    if (publication == nullptr) continue;
    emit_stream_ended(step.out.events, *publication, end);
    handle_stream_ended(step, *publication, end);
  }
}

// What flows to a transport begins and ends with its connection.
void follow_connection(Step& step, const Transport& transport) {
  for (const Outbound* outbound : transport.outbounds) {
    if (outbound->subscription == nullptr) continue;
    refresh_forwarding(step, *outbound->subscription->publication);
  }
}

void tell_controller(Step& step, const Transport& transport, const transport::Output& output) {
  EventBuffer& events = step.out.events;
  for (const pacing::FeedbackBatch& batch : output.feedback.view()) {
    emit_congestion_feedback(events, transport, batch);
  }
  if (output.remote_estimate_bps) {
    emit_remote_estimate(events, transport, *output.remote_estimate_bps, step.now);
  }
  if (output.reception.expected > 0) {
    emit_reception(events, transport, output.reception, step.now);
  }
}

void answer_reports(Step& step, Transport& transport, transport::Output& output) {
  for (const uint32_t index : output.reports_due) {
    const Outbound* outbound = step.shard.outbounds.at(index);
    if (outbound == nullptr || outbound->subscription == nullptr) continue;
    const auto clock = outbound->subscription->forwarder.media_clock();
    if (!clock) continue;
    transport.core.send_report(index, clock->timestamp_at(step.now), step.now, output);
  }
}

}  // namespace

CommandStatus check_new_transport(const ShardState& shard, Handle room, Handle transport) {
  if (shard.rooms.find(room) == nullptr) return CommandStatus::kUnknownHandle;
  return shard.transports.check_free(transport);
}

Transport& insert_transport(Step& step, Handle room, Handle handle,
                            const transport::AssociationConfig& config) {
  const ShardState& shard = step.shard;
  const transport::Surroundings surroundings{
      .security = {shard.services.certificate, shard.services.cipher},
      .random = shard.services.random,
      .unix_offset_us = shard.config.unix_offset_us};
  return step.shard.transports.insert(
      std::make_unique<Transport>(handle, room, config, surroundings, step.now));
}

void start_transport(Step& step, Transport& transport) {
  transport.core.association().start(begin_transport_step(step));
  finish_transport_step(step, transport);
}

transport::Output& begin_transport_step(Step& step) {
  transport::Output& output = step.shard.transport_output;
  output.clear();
  output.slab = &step.out.slab;
  output.counters = &step.shard.transport_counters;
  return output;
}

void finish_transport_step(Step& step, Transport& transport) {
  transport::Output& output = step.shard.transport_output;
  apply_routes(step.shard, transport, output);
  for (const transport::StateChange& change : output.states) {
    emit_transport_state(step.out.events, transport, change);
  }
  if (!output.states.empty()) follow_connection(step, transport);
  apply_streams(step, output);
  if (output.media) forward_media(step, *output.media);
  for (const uint32_t index : output.key_frames_wanted) {
    const Outbound* outbound = step.shard.outbounds.at(index);
    if (outbound == nullptr || outbound->subscription == nullptr) continue;
    handle_picture_loss(step, *outbound->subscription);
  }
  answer_reports(step, transport, output);
  tell_controller(step, transport, output);
  output.media.reset();
  queue_for_flush(step.shard, transport);
  reschedule(step, transport);
}

void reschedule(Step& step, Transport& transport) {
  step.shard.transport_deadlines.set(transport.handle.index, transport.core.next_deadline());
}

transport::Outlet outlet_of(Step& step) {
  return {step.shard.batch, step.out.slab, step.shard.transport_counters};
}

void queue_for_flush(ShardState& shard, Transport& transport) {
  if (transport.in_flush_list || !transport.core.has_packets()) return;
  transport.in_flush_list = true;
  shard.flush_list.push_back(&transport);
}

}  // namespace engine
