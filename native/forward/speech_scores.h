// One speaker's history of levels and the three scores that compare speakers: how likely speech is
// over the last moment, the last seconds and the longer past (Volfin & Cohen 2013, §III).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "wire/rtp_extensions.h"

namespace forward {

inline constexpr base::Duration kLevelStep = base::Duration::millis(20);
inline constexpr size_t kImmediateBlocks = 50;  // 1 s of levels
inline constexpr size_t kMediumBlocks = 10;     // of 5 levels each
inline constexpr size_t kImmediatesPerMedium = 5;

struct Scores {
  double immediate = 0;
  double medium = 0;
  double long_term = 0;
};

class SpeechScores {
 public:
  explicit SpeechScores(base::Instant now) : updated_at_(now) {}
  SpeechScores() = default;

  // A level holds for the time since the previous one, at most 1 s of it.
  void handle_level(wire::AudioLevel level, base::Instant now);
  // Without packets a speaker is silent.
  void handle_silence(base::Instant now);

  // Over the levels so far.
  const Scores& scores() const { return scores_; }
  void evaluate();
  // 0 (silence) to 127 (loudest): the newest.
  uint8_t volume() const { return volumes_[newest_]; }

 private:
  void append(uint8_t volume, base::Instant now);
  void track_minimum(uint8_t volume, base::Instant now);

  std::array<uint8_t, kImmediateBlocks> volumes_{};  // a ring
  size_t newest_ = 0;
  uint8_t minimum_ = 0;  // quietest of the last window: room noise
  uint8_t next_minimum_ = 127;
  base::Instant minimum_until_;
  base::Instant updated_at_;
  Scores scores_;
};

}  // namespace forward
