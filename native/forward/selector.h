// The first part of a forwarder: which packets a subscriber gets. Today one source at a time, begun
// at a key frame; layers are chosen here later. Rules: SPEC.md, [SEL-*].
#pragma once

#include <cstdint>
#include <optional>

#include "forward/media_packet.h"

namespace forward {

enum class Choice : uint8_t {
  kForward,  // goes on in the running epoch
  kBegin,    // goes on as the first packet of a new epoch
  kSkip,     // left out by choice: the subscriber must not notice a loss
  kIgnore,   // of no running epoch
};

struct SelectorState {
  std::optional<Source> source;  // of the running epoch
  PayloadFormat format;
  int64_t first_sequence = 0;  // of the running epoch
  bool active = true;
};

class Selector {
 public:
  Selector() = default;
  explicit Selector(const SelectorState& seed) : state_(seed) {}

  Choice choose(const MediaPacket& packet);

  // Paused, hidden, muted: ends the epoch. Active again: waits for a packet to begin with.
  void set_active(bool active);
  bool active() const { return state_.active; }
  bool running() const { return state_.source.has_value(); }
  const SelectorState& state() const { return state_; }

 private:
  Choice begin_or_ignore(const MediaPacket& packet);

  SelectorState state_;
};

}  // namespace forward
