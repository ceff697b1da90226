// Events that wait for JavaScript to fetch them. Facts queue up in order and are never dropped; of
// readings only the latest of each (type, first handle) is kept, so a slow listener costs nothing.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "engine/event_buffer.h"

namespace engine {

class EventQueue {
 public:
  // Moves everything out of `events` and clears it. True when the queue was empty and no longer is:
  // the moment to wake whoever takes.
  bool append(EventBuffer& events);
  // Appends everything that waits to `out`: facts in order, then readings.
  void take(std::vector<uint8_t>& out);
  bool empty() const { return facts_.empty() && readings_.empty(); }

 private:
  // Event type and the packed handle it speaks of.
  using ReadingKey = std::pair<uint16_t, uint64_t>;

  void append_readings(std::span<const uint8_t> frames);

  std::vector<uint8_t> facts_;
  std::map<ReadingKey, std::vector<uint8_t>> readings_;  // bounded by the rooms of the shard
};

}  // namespace engine
