// Who speaks in a room, from the audio levels of its publications (RFC 6464): the dominant speaker
// by Volfin & Cohen, "Dominant speaker identification for multipoint videoconferencing" (Computer
// Speech & Language 27, 2013; algorithms §5.5). Rules: SPEC.md, [SPK-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "forward/speech_scores.h"
#include "wire/rtp_extensions.h"

namespace forward {

// Audio publications of one room that are listened to. More makes every decision slower (about 1 µs
// each); the ones too many are forwarded, but never named.
inline constexpr size_t kMaxSpeakers = 1024;
inline constexpr base::Duration kSpeakerDecisionInterval = base::Duration::millis(100);

// The caller's name for a speaker, such as a packed handle.
using SpeakerId = uint64_t;

struct SpeakerLevel {
  SpeakerId id = 0;
  uint8_t level = 127;  // -dBov, smoothed
  bool active = false;  // speaks now
};

class Speakers {
 public:
  // False when kMaxSpeakers are there or `id` is known.
  bool add(SpeakerId id, base::Instant now);
  void remove(SpeakerId id);

  // A level from a packet of this speaker; unknown ids are ignored.
  void handle_level(SpeakerId id, wire::AudioLevel level, base::Instant now);

  // Decides when kSpeakerDecisionInterval has passed. True when it did.
  bool handle_timeout(base::Instant now);
  base::Instant next_deadline() const { return decide_at_; }

  // nullopt while nobody has spoken, or the dominant speaker has left.
  std::optional<SpeakerId> dominant() const { return dominant_; }
  // Those who speak, and for a second those who have stopped; as of the last decision.
  std::span<const SpeakerLevel> levels() const { return levels_; }

 private:
  // Long before any decision: nobody has spoken yet.
  static constexpr int64_t kForgotten = int64_t{1} << 50;

  struct Speaker {
    SpeakerId id = 0;
    SpeechScores scores;
    uint8_t smoothed_volume = 0;
    uint8_t wins = 0;  // decisions in a row
    base::Instant active_until{-kForgotten};
  };

  Speaker* find(SpeakerId id);
  void choose_dominant();
  void read_level(Speaker& speaker, base::Instant now);

  std::vector<Speaker> speakers_;
  std::vector<SpeakerLevel> levels_;
  std::optional<SpeakerId> dominant_;
  base::Instant decide_at_ = base::Instant::never();
};

}  // namespace forward
