// What a shard serves, by the names of the contract. Objects point at each other only inside one
// shard; whoever closes one unlinks it (see close.h), so no pointer outlives its object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "engine/contract.gen.h"
#include "forward/dependency_tracker.h"
#include "forward/forwarder.h"
#include "forward/key_frame_cache.h"
#include "forward/layer_health.h"
#include "forward/layer_meter.h"
#include "forward/speakers.h"
#include "rtp/audio_level.h"
#include "rtp/key_frame_requests.h"
#include "transport/transport.h"
#include "wire/rtp_extensions.h"

namespace engine {

struct Outbound;
struct Publication;
struct Subscription;

struct Room {
  Handle handle;
  base::Duration speaker_interval;
  forward::Speakers speakers;
  base::Instant announce_at;  // no audio_levels before
  bool announced = false;     // the listeners believe that somebody speaks
};

struct Transport {
  Transport(Handle own, Handle of_room, const transport::AssociationConfig& config,
            const transport::Surroundings& surroundings, base::Instant now)
      : handle(own), room(of_room), core(config, surroundings, now) {}

  Handle handle;
  Handle room;
  transport::Transport core;
  std::optional<uint64_t> token;       // id, by which a PlainTransport is found until its peer is
  std::vector<std::string> ufrags;     // ours, by which STUN finds this transport
  std::vector<base::FiveTuple> paths;  // validated, by which everything else does
  wire::ExtensionMap receive;
  wire::ExtensionMap send;
  std::vector<Publication*> publications;
  std::vector<Outbound*> outbounds;
  bool in_flush_list = false;
  uint32_t target_bps = 0;  // what its controller estimates; 0 = nothing yet
};

// A track offered in a room.
struct Publication {
  Handle handle;
  Room* room = nullptr;
  Transport* transport = nullptr;
  wire::MediaKind kind = wire::MediaKind::kVideo;
  bool muted = false;
  size_t encodings = 1;
  std::vector<forward::KeyFrameCache> caches;  // by encoding; none for audio
  forward::LayerHealth health;
  forward::LayerMeter meter;
  std::vector<forward::DependencyTracker> dependencies;  // by encoding; video only
  rtp::AudioLevelMeter level;
  std::vector<Subscription*> subscriptions;

  bool simulcast() const { return encodings > 1; }
};

// A slot of a subscriber: one m-line with a fixed SSRC that publications take turns in.
struct Outbound {
  Handle handle;
  Transport* transport = nullptr;
  transport::SentTrack* track = nullptr;
  forward::ForwarderConfig config;
  forward::ForwarderState state;  // while no subscription uses it
  Subscription* subscription = nullptr;
};

// One participant's reception of a publication.
struct Subscription {
  Subscription(Handle own, Publication& of, Outbound& to)
      : handle(own), publication(&of), outbound(&to), forwarder(to.config, to.state) {}

  Handle handle;
  Publication* publication;
  Outbound* outbound;
  forward::Forwarder forwarder;
  bool active = true;                                             // as the subscriber wishes
  SubscriptionReason pause_reason = SubscriptionReason::kHidden;  // while not active
  forward::Layer target = forward::kEveryLayer;                   // as the contract counts layers
  rtp::KeyFrameBudget key_frame_budget;
  bool codec_unsupported = false;
  bool flowing = false;  // something was sent since it became active
  std::optional<SubscriptionStateEvent> announced;
  base::Instant announced_at;
};

}  // namespace engine
