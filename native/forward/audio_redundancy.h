// Redundant frames towards subscribers that negotiated RED (RFC 2198): passed on from a publisher
// that sends them, made for one that does not. Rules: SPEC.md, [RED-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/packet.h"
#include "forward/media_packet.h"
#include "wire/out_packet.h"
#include "wire/red.h"

namespace forward {

// Redundant blocks of one packet that are passed on: their headers must fit in front of a payload
// beside the original number of RTX.
inline constexpr size_t kMaxPassedBlocks = 3;
static_assert(kMaxPassedBlocks * wire::kRedBlockHeader + wire::kRedPrimaryHeader + 2 <=
              wire::kMaxPayloadPrefix);
// Frames that are repeated for publishers without RED. A second one costs a third more and helps
// where bursts of two are lost; Chromium repeats one.
inline constexpr size_t kMadeDistance = 1;
inline constexpr size_t kMaxMadeDistance = 2;
// Longer frames are not repeated: the packet must fit into one datagram.
inline constexpr size_t kMaxRepeatedSize = 300;

// Frames that lie one behind the other in a packet, oldest first, the newest last.
struct Redundancy {
  base::PacketRef packet;
  wire::RedPayload frames;  // offsets in `packet`
};

// Puts into `out`, a packet of plain Opus, the frames before it that the subscriber may play: none
// from before `begun_at` (R5.11), none that are empty. `timestamp`: of the newest, as received.
// Without any, `out` stays as it is.
void add_redundancy(const Redundancy& redundancy, int64_t timestamp, int64_t begun_at,
                    uint8_t red_payload_type, wire::OutPacket& out);

// Repeats the last frames of a publication that sends plain Opus (R5.13). Holds references to at
// most kMaxMadeDistance packets.
class RedundancyMaker {
 public:
  explicit RedundancyMaker(size_t distance = kMadeDistance) : distance_(distance) {}

  // True when `made` is the packet with frames before it: a copy in a new block, header included.
  // Remembers the packet, which is the newest; `silent`: it carries no frame.
  bool handle_packet(const MediaPacket& packet, bool silent, base::PacketPool& pool,
                     Redundancy& made);
  void reset() {
    frames_.fill({});
    count_ = 0;
  }

 private:
  struct Frame {
    base::PacketRef packet;
    SourcePosition position;
    uint16_t offset = 0;
    uint16_t size = 0;
  };

  size_t usable_frames(const MediaPacket& packet) const;
  bool make(const MediaPacket& packet, size_t usable, base::PacketPool& pool,
            Redundancy& made) const;
  void remember(const MediaPacket& packet);

  size_t distance_;
  std::array<Frame, kMaxMadeDistance> frames_{};  // newest first
  size_t count_ = 0;
};

}  // namespace forward
