// The first part of a forwarder: which encoding a subscriber gets, and from which packet on. An
// encoding is left only for the first packet of a key frame of another one; until then the old one
// flows (algorithms §3.2). Rules: SPEC.md, [SEL-*].
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "forward/media_packet.h"

namespace forward {

// An upward switch without a key frame for this long is given up, and tried again after the second
// (algorithms R3.4).
inline constexpr base::Duration kSwitchPatience = base::Duration::seconds(3);
inline constexpr base::Duration kSwitchRest = base::Duration::seconds(5);
// How long a switch waits for sender reports of the new encoding (R3.15).
inline constexpr base::Duration kReportPatience = base::Duration::millis(1500);

// Any encoding, however high.
inline constexpr uint8_t kHighestEncoding = 255;

enum class Choice : uint8_t {
  kForward,  // goes on in the running epoch
  kBegin,    // may go on as the first packet of a new epoch: see Selector::begin
  kSkip,     // left out by choice: the subscriber must not notice a loss
  kIgnore,   // of no running epoch
};

struct SelectorState {
  std::optional<Source> source;  // of the running epoch
  uint8_t encoding = 0;          // of the running epoch
  PayloadFormat format;
  int64_t first_sequence = 0;  // of the running epoch
  bool active = true;
  uint8_t target = kHighestEncoding;                     // the highest encoding wanted
  uint8_t usable = 1;                                    // a bit per encoding: can be switched to
  base::Instant pending_since = base::Instant::never();  // another encoding is waited for
  base::Instant resting_until;                           // given up: not asked for before
  bool refused = false;                                  // a start was refused in this wait
};

class Selector {
 public:
  Selector() = default;
  explicit Selector(const SelectorState& seed) : state_(seed) {}

  Choice choose(const MediaPacket& packet);
  // Answers kBegin: the packet begins an epoch, or it is refused, and another start is waited for.
  void begin(const MediaPacket& packet);
  void refuse() { state_.refused = true; }
  // A second refusal in one wait would leave the subscriber where it is for too long.
  bool may_refuse() const { return running() && !state_.refused; }
  // The source's clock jumped: what follows is another stream (E18).
  void end_epoch() { state_.source.reset(); }

  // Paused, hidden, muted: ends the epoch. Active again: waits for a packet to begin with.
  void set_active(bool active);
  // Encodings above `target` are not wanted. `usable`: a bit per encoding that delivers.
  void set_target(uint8_t target, base::Instant now);
  void set_usable(uint8_t usable, base::Instant now);

  bool active() const { return state_.active; }
  bool running() const { return state_.source.has_value(); }
  uint8_t encoding() const { return state_.encoding; }
  // The encoding to be on: the highest usable one that is wanted; nullopt when there is none.
  std::optional<uint8_t> goal() const;
  // Runs on a higher encoding than it should (R3.5).
  bool descends() const;
  // The encoding whose key frame is needed to get to the goal; nullopt when there, or while resting
  // after a wait that was in vain.
  std::optional<uint8_t> key_frame_wanted(base::Instant now);
  // A bit per encoding of which a packet may be forwarded: of the running epoch, or the start of
  // another one.
  uint8_t useful() const;
  // Since when another encoding is waited for; never() while none is.
  base::Instant pending_since() const { return state_.pending_since; }
  const SelectorState& state() const { return state_; }

 private:
  Choice begin_or_ignore(const MediaPacket& packet);
  bool improves(uint8_t encoding) const;
  bool usable(uint8_t encoding) const { return (state_.usable >> encoding & 1) != 0; }
  void plan(base::Instant now);

  SelectorState state_;
};

}  // namespace forward
