// Events that wait for JavaScript to fetch them. Facts queue up in order and are never dropped; of
// readings only the latest of each (type, first handle) is kept, so a slow listener costs nothing;
// feedback queues up to a bound, beyond which it is dropped and counted; so do tapped packets,
// whose drops are told to their taps.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "engine/contract_bytes.h"
#include "engine/event_buffer.h"

namespace engine {

// Feedback of one shard that may wait. 16 MiB are 1.6 s of 1000 busy subscribers (10 messages/s of
// about 1 kB each), many times a pause of the collector; more would be news from long ago.
inline constexpr size_t kMaxFeedbackBytes = size_t{16} << 20;

// Tapped packets of one shard that may wait. 32 MiB are 3 s of 10 000 packets/s of 1 kB, much more
// than a recorder's JavaScript may ever be busy with something else. Lower, and packets are lost
// sooner; higher, and a recorder that is too slow takes longer to show it.
inline constexpr size_t kMaxTappedBytes = size_t{32} << 20;

class EventQueue {
 public:
  // Moves everything out of `events` and clears it. True when the queue was empty and no longer is:
  // the moment to wake whoever takes.
  bool append(EventBuffer& events);
  // Appends everything that waits to `out`: packets in order, so that the fact that a tap has ended
  // comes after them, facts in order, feedback in order, then readings.
  void take(std::vector<uint8_t>& out);
  bool empty() const {
    return facts_.empty() && readings_.empty() && feedback_.empty() && packets_.empty();
  }
  // Events of feedback and packets that found no room.
  uint64_t dropped() const { return dropped_; }

 private:
  // Event type and the packed handle it speaks of.
  using ReadingKey = std::pair<uint16_t, uint64_t>;

  void append_readings(std::span<const uint8_t> frames);
  void append_feedback(std::vector<uint8_t>& frames);
  void append_packets(std::vector<uint8_t>& frames);

  std::vector<uint8_t> facts_;
  std::vector<uint8_t> feedback_;
  std::vector<uint8_t> packets_;
  std::map<Handle, uint32_t> lost_;  // packets by tap, not told yet; bounded by the taps
  uint64_t dropped_ = 0;
  std::map<ReadingKey, std::vector<uint8_t>> readings_;  // bounded by the objects of the shard
};

}  // namespace engine
