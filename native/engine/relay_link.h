// What crosses between two shards of one engine, and the way it takes: for each ordered pair a ring
// with relays and, the other way, a ring in which lent packets go home. Nobody waits for anybody: a
// reader that falls behind fills the ring, and the writer sheds, video before sound. Rules:
// SPEC.md, [REL-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/packet.h"
#include "base/spsc_ring.h"
#include "engine/contract.gen.h"
#include "engine/driver.h"
#include "forward/media_packet.h"
#include "wire/codec_kind.h"
#include "wire/rtp.h"
#include "wire/rtp_extensions.h"

namespace engine {

// Relays that wait for one shard from one other. More keeps media that is too late anyway (20 ms at
// 100 000 packets a second); less sheds when a thread misses its turn for a moment.
inline constexpr size_t kRelayCapacity = 2048;
// Video is refused beyond the first, sound beyond the second; the rest is for what must not be
// lost.
inline constexpr size_t kMaxRelaysBeforeVideo = kRelayCapacity / 4 * 3;
inline constexpr size_t kMaxRelaysBeforeSound = kRelayCapacity - 64;
// Packets that one shard holds of another one: waiting, paced, in histories. It is the capacity of
// the way home, so returning cannot fail. Higher lets one shard hold up more of another's pool
// (an eighth of it now, see ShardConfig::pool_blocks), lower sheds video while histories are long.
inline constexpr size_t kMaxLent = 16384;
inline constexpr size_t kMaxLentBeforeVideo = kMaxLent / 4 * 3;

// A packet of a relayed publication, and what its own shard found out: by value but for the bytes.
struct RelayedPacket {
  Handle publication;  // there
  base::LentPacket packet;
  wire::RtpView view;
  forward::SourcePosition position;
  forward::PayloadFormat format;
  uint8_t encoding = 0;
};

// How a publication is, told to a shard that it is relayed to.
struct RelayedState {
  Handle publication;                                       // there
  std::array<uint8_t, wire::kExtensionKinds> extensions{};  // ids of its header extensions, by kind
  uint8_t usable = 0;                                       // a bit per encoding
  bool muted = false;
  bool asks = false;  // for the demand: the teller has not heard of any

  bool operator==(const RelayedState&) const = default;
};

// What a shard needs of a publication that is relayed to it, told to the publication's own.
struct RelayDemand {
  Handle publication;  // there
  Handle from;         // the relayed one, here
  // A bit per encoding: that may be forwarded, or begun with; that somebody gets; of which a key
  // frame is asked.
  uint8_t useful = 0;
  uint8_t received = 0;
  uint8_t key_frames = 0;
  bool asks = false;  // for the state: the teller has not heard of any

  bool operator==(const RelayDemand&) const = default;
};

using Relay = std::variant<RelayedPacket, RelayedState, RelayDemand>;

class RelayLink {
 public:
  // The writing shard.
  // False when it is shed: lend nothing then.
  bool has_room(wire::MediaKind kind);
  void push(const RelayedPacket& packet) {
    ++lent_;
    relays_.push(packet);
  }
  // False when it has to be told later.
  bool push_control(const Relay& control) { return relays_.push(control); }
  // True when there is something new for the reader.
  bool publish() { return relays_.publish(); }
  // Takes home what the reader has done with.
  void take_returned();
  size_t lent() const { return lent_; }

  // The reading shard.
  size_t available() { return relays_.available(); }
  const Relay& front() const { return relays_.front(); }
  void pop() { relays_.pop(); }
  void give_back(base::PacketBlock* lender) { returned_.push(lender); }
  void publish_returned() { returned_.publish(); }

 private:
  base::SpscRing<Relay> relays_{kRelayCapacity};
  base::SpscRing<base::PacketBlock*> returned_{kMaxLent};
  size_t lent_ = 0;
};

// A shard that takes relays lets go of what comes of them after so many: its pacers hold no more.
inline constexpr size_t kRelaysPerFlush = 64;

// One shard's ends, by the number of the other shard; its own is nullptr. Empty where there is one
// shard.
struct RelayPorts {
  std::vector<RelayLink*> to;
  std::vector<RelayLink*> from;
  // A bit per shard for which relays wait since the driver looked last: it wakes them.
  uint32_t woken = 0;
};
static_assert(kMaxShards <= 32);

// The links between all shards of an engine.
class RelayMesh {
 public:
  explicit RelayMesh(size_t shards);
  RelayPorts ports(size_t shard) const;

 private:
  size_t shards_;
  std::vector<std::unique_ptr<RelayLink>> links_;  // from × shards + to
};

}  // namespace engine
