#include "engine/relays.h"

#include <algorithm>

#include "engine/audio_path.h"
#include "engine/media_path.h"
#include "engine/upstream.h"
#include "engine/video_path.h"

namespace engine {

namespace {

// What found no room is tried again after this, when nothing else happens before.
constexpr base::Duration kTellAgain = base::Duration::millis(1);

RelayLink& link_to(Step& step, Handle handle) { return *step.out.relays.to[handle.shard]; }

void tell_later(Step& step, Publication& publication) {
  if (!publication.is_untold) step.shard.untold.push_back(publication.handle);
  publication.is_untold = true;
  step.shard.tell_again_at = std::min(step.shard.tell_again_at, step.now + kTellAgain);
}

RelayedState state_of(const Publication& publication, const RelayTarget& relay) {
  RelayedState state{.publication = relay.to,
                     .extensions = {},
                     .usable = usable_encodings(publication),
                     .muted = publication.muted,
                     .asks = !relay.is_heard};
  for (size_t kind = 0; kind < wire::kExtensionKinds; ++kind) {
    state.extensions[kind] =
        publication.transport->receive.id_of(static_cast<wire::ExtensionKind>(kind));
  }
  return state;
}

void tell(Step& step, Publication& publication, RelayTarget& relay) {
  const RelayedState state = state_of(publication, relay);
  if (relay.told == state) return;
  if (link_to(step, relay.to).push_control(state)) {
    relay.told = state;
  } else {
    relay.told.reset();
    tell_later(step, publication);
  }
}

// False when it is left out, by choice or because the other shard has fallen behind.
bool send(Step& step, RelayTarget& relay, wire::MediaKind kind,
          const forward::MediaPacket& packet) {
  RelayLink& link = link_to(step, relay.to);
  if (!relay.told || !link.has_room(kind)) return false;
  link.push({.publication = relay.to,
             .packet = packet.packet.lend(),
             .view = packet.view,
             .position = packet.position,
             .format = packet.format,
             .encoding = packet.encoding});
  ++step.shard.counters.relayed_out;
  return true;
}

void relay_sound(Step& step, RelayTarget& relay, const forward::MediaPacket& packet) {
  if (send(step, relay, wire::MediaKind::kAudio, packet)) return;
  ++step.shard.counters.dropped_relay_audio;
}

// After a hole nothing can be decoded until a key frame, and nobody there could repair it: so the
// encoding stays away until one begins, and it is asked for.
void relay_video(Step& step, Publication& publication, RelayTarget& relay,
                 const forward::MediaPacket& packet) {
  const auto bit = static_cast<uint8_t>(1u << packet.encoding);
  if (((relay.useful | relay.key_frames) & bit) == 0) return;
  const bool begins = packet.starts_decoding && packet.position.newest;
  const bool follows_hole = (relay.shed & bit) != 0 && !begins;
  if (!follows_hole && send(step, relay, wire::MediaKind::kVideo, packet)) {
    relay.shed &= static_cast<uint8_t>(~bit);
    if (begins) relay.key_frames &= static_cast<uint8_t>(~bit);
    return;
  }
  ++step.shard.counters.dropped_relay_video;
  if (follows_hole) return;
  relay.shed |= bit;
  ask_key_frame(step, publication, packet.encoding);
}

void answer(RelayTarget& relay, const RelayDemand& demand) {
  relay.is_heard = true;
  relay.useful = demand.useful;
  relay.received = demand.received;
  relay.key_frames = demand.key_frames;
  relay.shed &= demand.useful | demand.key_frames;
  if (demand.asks) relay.told.reset();
}

void forward_relayed(Step& step, const RelayedPacket& relayed, const base::PacketRef& packet) {
  Publication* publication = step.shard.publications.find(relayed.publication);
  if (publication == nullptr || !publication->origin || !publication->origin->is_known ||
      relayed.encoding >= publication->encodings) {
    ++step.shard.counters.dropped_relay_gone;
    return;
  }
  forward::MediaPacket described =
      forward::describe(packet, relayed.view, relayed.position, relayed.format,
                        publication->receive(), relayed.encoding);
  forward_packet(step, *publication, described);
}

void give_back(Step& step) {
  while (const auto returned = step.shard.packets.take_returned()) {
    step.out.relays.from[returned->shard]->give_back(returned->lender);
  }
}

void tell_untold(Step& step) {
  step.shard.tell_again_at = base::Instant::never();
  step.shard.telling.swap(step.shard.untold);
  for (const Handle handle : step.shard.telling) {
    Publication* publication = step.shard.publications.find(handle);
    if (publication == nullptr) continue;
    publication->is_untold = false;
    tell_relays(step, *publication);
    tell_origin(step, *publication);
  }
  step.shard.telling.clear();
}

}  // namespace

void relay_packet(Step& step, Publication& publication, const forward::MediaPacket& packet) {
  for (RelayTarget& relay : publication.relays) {
    if (!relay.is_heard) continue;
    if (publication.kind == wire::MediaKind::kAudio) {
      relay_sound(step, relay, packet);
    } else {
      relay_video(step, publication, relay, packet);
    }
  }
}

void tell_relays(Step& step, Publication& publication) {
  for (RelayTarget& relay : publication.relays) tell(step, publication, relay);
}

uint32_t received_elsewhere(const Publication& publication) {
  uint32_t received = 0;
  for (const RelayTarget& relay : publication.relays) received |= relay.received;
  return received;
}

uint32_t key_frames_needed_elsewhere(const Publication& publication) {
  uint32_t needed = 0;
  for (const RelayTarget& relay : publication.relays) needed |= relay.key_frames | relay.shed;
  return needed;
}

void tell_origin(Step& step, Publication& publication) {
  if (!publication.origin) return;
  Origin& origin = *publication.origin;
  origin.demand.asks = !origin.is_known;
  if (origin.told == origin.demand) return;
  if (link_to(step, origin.demand.publication).push_control(origin.demand)) {
    origin.told = origin.demand;
  } else {
    origin.told.reset();
    tell_later(step, publication);
  }
}

void handle_relay(Step& step, const RelayedPacket& relayed) {
  ++step.shard.counters.relayed_in;
  const base::PacketRef packet = step.shard.packets.borrow(relayed.packet);
  forward_relayed(step, relayed, packet);
}

void handle_relay(Step& step, const RelayedState& state) {
  Publication* publication = step.shard.publications.find(state.publication);
  if (publication == nullptr || !publication->origin) return;
  Origin& origin = *publication->origin;
  origin.is_known = true;
  origin.usable = state.usable;
  origin.receive = {};
  for (size_t kind = 0; kind < wire::kExtensionKinds; ++kind) {
    const uint8_t id = state.extensions[kind];
    if (id != 0) origin.receive.add(id, static_cast<wire::ExtensionKind>(kind));
  }
  if (state.asks) origin.told.reset();
  if (publication->muted != state.muted) {
    set_muted(step, *publication, state.muted);
  } else {
    refresh_forwarding(step, *publication);
  }
  tell_origin(step, *publication);
}

void handle_relay(Step& step, const RelayDemand& demand) {
  Publication* publication = step.shard.publications.find(demand.publication);
  if (publication == nullptr) return;
  const auto relay = std::ranges::find(publication->relays, demand.from, &RelayTarget::to);
  if (relay == publication->relays.end()) return;
  answer(*relay, demand);
  tell_relays(step, *publication);
  refresh_requests(step, *publication);
}

void settle_relays(Step& step) {
  RelayPorts& ports = step.out.relays;
  if (ports.to.empty()) return;
  if (!step.shard.untold.empty()) tell_untold(step);
  give_back(step);
  for (size_t other = 0; other < ports.to.size(); ++other) {
    if (ports.to[other] == nullptr) continue;
    ports.from[other]->publish_returned();
    ports.to[other]->take_returned();
    if (ports.to[other]->publish()) ports.woken |= 1u << other;
  }
}

}  // namespace engine
