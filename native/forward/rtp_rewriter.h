// The second part of a forwarder: sequence numbers and timestamps. The subscriber sees one
// continuous stream while the sources behind it change. An epoch is the time between two changes;
// within it, numbers and timestamps keep their distances: a lost packet stays a gap that a repair
// can fill, a packet left out by choice closes up. Rules: SPEC.md, [SEQ-*] and [TS-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/media_clock.h"
#include "base/time.h"
#include "forward/media_packet.h"
#include "forward/skip_map.h"

namespace forward {

// Least step of the timestamp into a new epoch (algorithms R3.14): a frame of 30/s.
inline constexpr base::Duration kMinEpochStep = base::Duration::millis(33);
// The same to another encoding of one camera: its key frame often shows the very moment of the
// frame before it. A step of a frame would leave sound 33 ms behind for the whole epoch (T3.4).
inline constexpr base::Duration kMinSwitchStep = base::Duration::millis(1);
// A key frame that shows a moment further back than this is too old to switch at (R3.14).
inline constexpr base::Duration kMaxSwitchLag = base::Duration::millis(75);
// A timestamp this far from what has passed belongs to another time base (E18).
inline constexpr base::Duration kMaxClockJump = base::Duration::seconds(10);
inline constexpr base::Duration kMaxClockReturn = base::Duration::seconds(5);
// A new epoch's timestamp is at most this far ahead of what the time since the last packet says.
inline constexpr base::Duration kMaxEpochLead = base::Duration::millis(200);

// Plain values: exported and seeded as they are. Outgoing numbers are unwrapped; their low bits go
// on the wire.
struct RtpRewriterState {
  // Of the stream as the subscriber knows it.
  int64_t last_sequence = -1;  // highest sent; a new stream starts after it (choose it at random
                               // below 2^15, so that SRTP's first rollover is unambiguous)
  int64_t last_timestamp = 0;  // of the packet with the highest number
  bool last_marker = true;
  bool sent_anything = false;
  base::Instant last_arrived_at;  // of the source of the packet with the highest number
  std::optional<base::Instant> last_captured_at;
  uint32_t clock_rate = 90000;
  // Of the epoch.
  Source source;
  bool has_source = false;
  int64_t sequence_offset = 0;   // in - out, at `highest_in`
  int64_t timestamp_offset = 0;  // in - out
  int64_t highest_in = 0;
  // Ticks that the epoch is ahead of its capture times, because its first frame had to come after
  // what was sent: not handed on to the next epoch.
  int64_t timestamp_lead = 0;
  SkipMap skipped;
};

class RtpRewriter {
 public:
  RtpRewriter() = default;
  explicit RtpRewriter(const RtpRewriterState& seed) : state_(seed) {}

  // How far the moment that `first` shows lies before what was sent last; at most zero when time
  // goes on. Without sender reports of both, by arrival time.
  base::Duration lag_of(const SourcePosition& first) const;
  // Whether the moments of `first` and of what was sent last are both known.
  bool tied_to(const SourcePosition& first) const {
    return first.captured_at.has_value() || !state_.last_captured_at.has_value();
  }
  // The clock of the running epoch's source has jumped with this packet.
  bool jumps(const SourcePosition& position) const;

  // The next packet mapped, this one, continues behind what was sent before. `frames`: the stream
  // has frames that end with a marker, so that one cut short is shown by a gap of one number
  // (algorithms R3.8).
  void begin_epoch(const SourcePosition& first, bool frames);

  // The outgoing number of a packet of the epoch; nullopt when it came too late to have one or its
  // place was closed up.
  std::optional<int64_t> map_sequence(int64_t sequence);
  int64_t map_timestamp(int64_t timestamp) const { return timestamp - state_.timestamp_offset; }

  // A number that was given, by its low bits.
  int64_t unwrapped(uint16_t sequence) const {
    const auto behind = static_cast<uint16_t>(state_.last_sequence) - sequence;
    return state_.last_sequence - static_cast<int16_t>(behind);
  }

  // Leaves a packet of the epoch out. Only one newer than all before closes up.
  void skip(int64_t sequence);

  // The packet left as `sequence` (from map_sequence).
  void handle_sent(int64_t sequence, const SourcePosition& position, bool marker);

  // Our time against the outgoing timestamps; nullopt before it is known from sender reports.
  std::optional<base::MediaClock> media_clock() const;

  const RtpRewriterState& state() const { return state_; }

 private:
  bool continues_source(const SourcePosition& first) const;
  int64_t ideal_timestamp(const SourcePosition& first) const;
  void align_timestamps(const SourcePosition& first, bool related);
  void advance(int64_t sequence);

  RtpRewriterState state_;
};

}  // namespace forward
