// Encoded events on their way from a shard to JavaScript (layout: contract.json), in the four
// kinds that are treated differently when the listener is slow (design §7).
#pragma once

#include <cstdint>
#include <vector>

namespace engine {

struct EventBuffer {
  // Never dropped: connected, stream started, a batch's statuses.
  std::vector<uint8_t> facts;
  // Only the latest of each (type, first handle) matters: audio levels.
  std::vector<uint8_t> readings;
  // All of them matter, but not for ever: congestion feedback.
  std::vector<uint8_t> feedback;
  // Tapped packets: as feedback, but much more, and counted by whom they are for.
  std::vector<uint8_t> packets;

  bool empty() const {
    return facts.empty() && readings.empty() && feedback.empty() && packets.empty();
  }
  void clear() {
    facts.clear();
    readings.clear();
    feedback.clear();
    packets.clear();
  }
};

}  // namespace engine
