// What was sent under which transport-wide number, to be joined with the receiver's feedback
// (algorithms §1.2). Rules: SPEC.md, [SENT-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"
#include "base/time.h"

namespace pacing {

// Numbers remembered, a power of two. At 60 s (R1.4) this covers 270 packets/s; a faster transport
// keeps less time, which matters only when feedback is seconds late.
inline constexpr size_t kMaxSentPackets = 16384;
inline constexpr base::Duration kMaxSentAge = base::Duration::seconds(60);

struct SentPacket {
  int64_t sequence = -1;  // unwrapped transport-wide number
  base::Instant sent_at;
  int32_t probe_cluster = -1;  // -1 = no probe
  uint16_t size = 0;           // bytes on the wire, address overhead included
  // Of an answer to a NACK: what it brought again, to be found again when it is lost.
  uint16_t media_sequence = 0;
  uint32_t rtx_ssrc = 0;
  uint8_t resends = 0;  // 0 = no answer
  bool audio = false;
  bool repeated = false;       // a retransmission or padding
  bool reported_lost = false;  // set by the join
};

class SendHistory {
 public:
  // Asks for the place of the next number.
  void prefetch_next() const {
    if (!packets_.empty()) base::prefetch(packets_[(newest_ + 1) & (packets_.size() - 1)]);
  }
  // Numbers ascend by one or more.
  void add(const SentPacket& packet);

  // The number that the 16 bits `sequence` stand for, nearest to the newest; above `newest` when it
  // was not sent yet.
  int64_t number_of(uint16_t sequence) const;
  // The packet sent under `number`; nullptr when it is unknown: not sent, acknowledged, or
  // forgotten. Valid until the next add.
  SentPacket* find(int64_t number);

  // Feedback has spoken of `number`: what was sent up to it is not in flight any more.
  void acknowledge_up_to(int64_t number);
  // Forgets an acknowledged packet. A reported loss is not forgotten: it may still be acknowledged.
  void erase(int64_t number);

  // Forgets what is older than kMaxSentAge.
  void expire(base::Instant now);

  // Bytes sent under numbers above the highest of which feedback has spoken (R1.7).
  int64_t bytes_in_flight() const { return in_flight_; }
  size_t size() const { return size_; }
  // The highest number sent; -1 before the first. `clear` does not forget it.
  int64_t newest() const { return newest_; }
  void clear();

 private:
  SentPacket& place(int64_t sequence) {
    return packets_[static_cast<size_t>(sequence) & (packets_.size() - 1)];
  }
  void grow_to_hold(size_t span);
  void forget(SentPacket& packet);

  std::vector<SentPacket> packets_;  // a ring by number that doubles up to its bound
  int64_t oldest_ = 0;
  int64_t newest_ = -1;
  int64_t acknowledged_ = -1;  // the highest number of which feedback has spoken
  size_t size_ = 0;
  int64_t in_flight_ = 0;
};

}  // namespace pacing
