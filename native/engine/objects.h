// What a shard serves, by the names of the contract. Objects point at each other only inside one
// shard; whoever closes one unlinks it (see close.h), so no pointer outlives its object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/prefetch.h"
#include "base/time.h"
#include "engine/contract.gen.h"
#include "engine/link_key.h"
#include "engine/relay_link.h"
#include "forward/audio_recovery.h"
#include "forward/audio_redundancy.h"
#include "forward/audio_selector.h"
#include "forward/dependency_tracker.h"
#include "forward/forwarder.h"
#include "forward/key_frame_cache.h"
#include "forward/key_picture_meter.h"
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
  forward::AudioSelector audio;
  bool gate_silence = false;
  bool is_home = true;        // of its shards the one that tells who speaks
  base::Instant announce_at;  // no audio_levels before
  bool announced = false;     // the listeners believe that somebody speaks
};

struct Transport {
  Transport(Handle own, Handle of_room, const transport::AssociationConfig& config,
            const transport::Surroundings& surroundings, base::Instant now)
      : handle(own), room(of_room), core(config, surroundings, now) {}

  Handle handle;
  Handle room;
  bool in_flush_list = false;
  transport::Transport core;
  std::optional<LinkKey> link;         // to another node
  std::optional<uint64_t> token;       // id, by which a PlainTransport is found until its peer is
  std::vector<std::string> ufrags;     // ours, by which STUN finds this transport
  std::vector<base::FiveTuple> paths;  // validated, by which everything else does
  wire::ExtensionMap receive;
  wire::ExtensionMap send;
  std::vector<Publication*> publications;
  std::vector<Outbound*> outbounds;
  uint32_t target_bps = 0;  // what its controller estimates; 0 = nothing yet
};

// What an audio publication has besides.
struct PublishedAudio {
  // Of plain Opus, as the publisher numbers it: what RED carries.
  uint8_t opus_payload_type = wire::kNoPayloadType;
  forward::PayloadFormat opus;
  bool always_forwarded = false;
  forward::AudioPlace place;
  forward::AudioRecovery recovery;
  forward::RedundancyMaker maker;
  uint64_t dropped_not_loudest = 0;
  uint64_t dropped_silence = 0;
};

// Video packets of one publication that came together and are yet to be forwarded, to one
// subscription after the other: see video_run.h.
struct VideoRun {
  std::vector<forward::MediaPacket> packets;
  // By subscription, a bit per encoding of which it takes packets. Of another size, or cleared
  // after anything but a packet changed a forwarder: they are to be asked anew.
  std::vector<uint8_t> interests;
  // The subscriptions that take any of these packets, by number; known when the first is served.
  std::vector<uint32_t> audience;
  size_t next = 0;  // in the audience
  bool is_begun = false;
  bool has_changed_over = false;  // a subscription went to another encoding
};

// Another shard that a publication of this one is relayed to.
struct RelayTarget {
  Handle to;              // the relayed publication there
  bool is_heard = false;  // it has said what it needs: nothing crosses before
  uint8_t useful = 0;     // a bit per encoding, as RelayDemand
  uint8_t received = 0;
  uint8_t key_frames = 0;
  uint8_t shed = 0;                  // a bit per encoding with a hole: waits for a key frame
  std::optional<RelayedState> told;  // nullopt: not told, or not the newest
};

// Where a relayed publication comes from, and what is known of it.
struct Origin {
  bool is_known = false;  // its own shard has told: nothing is forwarded before
  uint8_t usable = 0;     // a bit per encoding
  wire::ExtensionMap receive;
  RelayDemand demand;               // what is needed
  std::optional<RelayDemand> told;  // nullopt: not told, or not the newest
};

// A track offered in a room: of a transport of this shard, or relayed from another one.
struct Publication {
  Handle handle;
  Room* room = nullptr;
  Transport* transport = nullptr;  // nullptr when relayed
  std::optional<Origin> origin;    // when relayed
  // Over a link: a bit per encoding that delivers where it is published. Not measured here then.
  std::optional<uint8_t> usable_there;
  std::vector<RelayTarget> relays;
  bool is_untold = false;  // stands in ShardState::untold
  wire::MediaKind kind = wire::MediaKind::kVideo;
  bool muted = false;
  size_t encodings = 1;
  std::vector<forward::KeyFrameCache> caches;  // by encoding; none for audio
  forward::LayerHealth health;
  forward::LayerMeter meter;
  forward::KeyPictureMeter key_pictures;
  std::vector<forward::DependencyTracker> dependencies;  // by encoding; video only
  rtp::AudioLevelMeter level;
  PublishedAudio audio;
  std::vector<Subscription*> subscriptions;
  size_t links = 0;  // of the subscriptions: those to other nodes
  VideoRun run;

  bool simulcast() const { return encodings > 1; }
  // Whether its layers are measured here: once, where it is published.
  bool is_measured() const { return kind == wire::MediaKind::kVideo && !origin && !usable_there; }
  // The header extensions that its packets have.
  const wire::ExtensionMap& receive() const {
    return origin ? origin->receive : transport->receive;
  }
};

// A slot of a subscriber: one m-line with a fixed SSRC that publications take turns in.
struct Outbound {
  Handle handle;
  Transport* transport = nullptr;         // nullptr: of a tap, whose packets go to JavaScript
  transport::SentTrack* track = nullptr;  // of the transport
  Subscription* subscription = nullptr;
  uint8_t red_payload_type = wire::kNoPayloadType;      // for Opus with redundancy
  uint8_t red_rtx_payload_type = wire::kNoPayloadType;  // of that
  forward::ForwarderConfig config;
  // While no subscription uses it: kilobytes that it then has itself.
  std::unique_ptr<forward::ForwarderState> state;
};

// Since when an audio subscription receives without interruption, by the publisher's timestamps.
struct AudioEpoch {
  forward::Source source;
  int64_t begun_at = 0;
};

// One participant's reception of a publication.
struct Subscription {
  Subscription(Handle own, Publication& of, Outbound& to)
      : handle(own), publication(&of), outbound(&to), forwarder(to.config, *to.state) {
    to.state.reset();
  }
  // With a slot of its own, which no transport has.
  Subscription(Handle own, Publication& of, std::unique_ptr<Outbound> to)
      : Subscription(own, of, *to) {
    tap = std::move(to);
  }

  std::unique_ptr<Outbound> tap;  // `outbound`, of a tap
  Handle handle;
  Publication* publication;
  Outbound* outbound;
  bool active = true;    // as the subscriber wishes
  bool flowing = false;  // something was sent since it became active
  bool codec_unsupported = false;
  // Over a link goes one encoding as it is; sound whether it is heard here or not.
  std::optional<uint8_t> pinned;
  SubscriptionReason pause_reason = SubscriptionReason::kHidden;  // while not active
  forward::Layer target = forward::kEveryLayer;                   // as the contract counts layers
  std::optional<SubscriptionStateEvent> announced;
  base::Instant announced_at;
  rtp::KeyFrameBudget key_frame_budget;
  AudioEpoch audio_epoch;
  forward::Forwarder forwarder;

  // Asks for what forwarding a packet to it reads.
  void prefetch(wire::MediaKind kind) const {
    base::prefetch_bytes(this, &forwarder);
    forwarder.prefetch(kind);
  }
};

}  // namespace engine
