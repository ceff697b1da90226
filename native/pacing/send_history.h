// What was sent under which transport-wide number, to be joined with the receiver's feedback
// (algorithms §1.2). Rules: SPEC.md, [SENT-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace pacing {

// Numbers remembered, a power of two. At 60 s (R1.4) this covers 270 packets/s; a faster transport
// keeps less time, which matters only when feedback is seconds late.
inline constexpr size_t kMaxSentPackets = 16384;
inline constexpr base::Duration kMaxSentAge = base::Duration::seconds(60);

struct SentPacket {
  int64_t sequence = -1;  // unwrapped transport-wide number
  base::Instant sent_at;
  uint32_t size = 0;           // bytes on the wire, address overhead included
  int32_t probe_cluster = -1;  // -1 = no probe
  bool audio = false;
};

class SendHistory {
 public:
  // Numbers ascend by one or more.
  void add(const SentPacket& packet);

  // The packet sent under the low 16 bits `sequence`, taken nearest to the newest; nullptr when it
  // is unknown: not sent yet, acknowledged, or forgotten. Valid until the next add.
  const SentPacket* find(uint16_t sequence) const;

  // Forgets an acknowledged packet. A reported loss is not forgotten: it may still be acknowledged.
  void erase(int64_t sequence);

  // Forgets what is older than kMaxSentAge.
  void expire(base::Instant now);

  // Bytes sent and neither acknowledged nor forgotten.
  int64_t bytes_in_flight() const { return in_flight_; }
  size_t size() const { return size_; }
  void clear();

 private:
  SentPacket& place(int64_t sequence) {
    return packets_[static_cast<size_t>(sequence) & (packets_.size() - 1)];
  }
  void grow_to_hold(int64_t span);
  void forget(SentPacket& packet);

  std::vector<SentPacket> packets_;  // a ring by number that doubles up to its bound
  int64_t oldest_ = 0;
  int64_t newest_ = -1;
  size_t size_ = 0;
  int64_t in_flight_ = 0;
};

}  // namespace pacing
