#include "engine/close.h"

#include <memory>
#include <vector>

#include "engine/events.h"
#include "engine/media_path.h"
#include "engine/taps.h"
#include "engine/transport_step.h"

namespace engine {

void close_subscription(Step& step, Subscription& subscription) {
  Publication& publication = *subscription.publication;
  Outbound& outbound = *subscription.outbound;
  // The next subscription of this slot goes on with the same numbers.
  const bool was_tap = subscription.tap != nullptr;
  if (was_tap) {
    hand_over_tapped(step);
  } else {
    outbound.state = std::make_unique<forward::ForwarderState>(
        forward::without_source(subscription.forwarder.export_state()));
    outbound.subscription = nullptr;
    outbound.track->clear_history();
  }
  std::erase(publication.subscriptions, &subscription);
  if (subscription.pinned) --publication.links;
  step.shard.subscriptions.erase(subscription.handle);
  if (was_tap) refresh_patience(publication);
  refresh_forwarding(step, publication);
}

void close_outbound(Step& step, Outbound& outbound) {
  if (outbound.subscription != nullptr) close_subscription(step, *outbound.subscription);
  Transport& transport = *outbound.transport;
  transport.core.remove_outbound(outbound.handle.index, begin_transport_step(step));
  finish_transport_step(step, transport);
  std::erase(transport.outbounds, &outbound);
  step.shard.outbounds.erase(outbound.handle);
}

void close_publication(Step& step, Publication& publication) {
  while (!publication.subscriptions.empty()) {
    close_subscription(step, *publication.subscriptions.back());
  }
  std::erase(step.shard.run_list, &publication);
  publication.room->speakers.remove(pack(publication.handle));
  publication.room->audio.remove(publication.audio.place);
  if (Transport* transport = publication.transport) {
    transport->core.receiver().remove(publication.handle.index);
    std::erase(transport->publications, &publication);
    reschedule(step, *transport);
  }
  step.shard.publications.erase(publication.handle);
}

void close_transport(Step& step, Transport& transport) {
  while (!transport.publications.empty()) close_publication(step, *transport.publications.back());
  while (!transport.outbounds.empty()) close_outbound(step, *transport.outbounds.back());
  transport.core.close(begin_transport_step(step));
  finish_transport_step(step, transport);
  ShardState& shard = step.shard;
  for (const base::FiveTuple& path : transport.paths) {
    const auto route = shard.by_path.find(path);
    if (route != shard.by_path.end() && route->second == &transport) shard.by_path.erase(route);
  }
  if (transport.link) shard.by_link.erase(*transport.link);
  if (transport.token) shard.by_token.erase(*transport.token);
  for (const std::string& ufrag : transport.ufrags) shard.by_ufrag.erase(ufrag);
  std::erase(shard.flush_list, &transport);
  shard.transport_deadlines.remove(transport.handle.index);
  shard.transports.erase(transport.handle);
}

void close_room(Step& step, Room& room) {
  step.shard.transports.for_each([&](Transport& transport) {
    if (transport.room == room.handle) close_transport(step, transport);
  });
  step.shard.publications.for_each([&](Publication& publication) {
    if (publication.room == &room) close_publication(step, publication);
  });
  step.shard.room_deadlines.remove(room.handle.index);
  step.shard.rooms.erase(room.handle);
}

}  // namespace engine
