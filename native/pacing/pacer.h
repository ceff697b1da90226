// The queue between the forwarders and the network of one transport (algorithms §1.11). Today it
// passes everything through at once; its interface is the one of a paced queue: what is released,
// and when, is its decision alone. Rules: SPEC.md, [PACE-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "pacing/packet_queue.h"
#include "wire/out_packet.h"

namespace pacing {

// What the controller asks for; kept until the next call, however long it is silent (R0.2).
struct PacingRates {
  int64_t pacing_bps = 0;  // 0 = not paced
  int64_t padding_bps = 0;
};

class Pacer {
 public:
  // Takes the packet. False, and it is dropped, when its class is full.
  bool enqueue(wire::OutPacket&& packet);

  // Moves the packet that may leave at `now` into `packet`: audio before retransmissions before
  // video, first in first out within each (R1.11). False when none may.
  bool release(base::Instant now, wire::OutPacket& packet);

  // When `release` will next have something: Instant{} (at once) or never().
  base::Instant next_deadline() const;

  void set_rates(const PacingRates& rates) { rates_ = rates; }
  size_t size() const;
  void clear();

 private:
  enum Class : size_t { kAudio, kRetransmission, kVideo, kClasses };
  static Class class_of(const wire::OutPacket& packet);

  std::array<PacketQueue, kClasses> queues_;
  PacingRates rates_;
};

}  // namespace pacing
