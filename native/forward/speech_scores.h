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
inline constexpr size_t kImmediatesPerMedium = 5;  // 100 ms
inline constexpr size_t kMediums = 10;             // 1 s
inline constexpr size_t kImmediates = kImmediatesPerMedium * kMediums;
inline constexpr size_t kRecentBlocks = 3;

// Log-likelihoods of speech against silence, never below kSilenceScore, so that their ratios exist.
inline constexpr double kSilenceScore = 1e-10;
struct Scores {
  double immediate = kSilenceScore;
  double medium = kSilenceScore;
  double long_term = kSilenceScore;
};

// 127 - level, in dB above silence; 0 for what is room noise or, by the sender's own detector, no
// voice (algorithms R5.16, R5.17).
uint8_t gated_volume(wire::AudioLevel level);

class SpeechScores {
 public:
  SpeechScores() = default;
  explicit SpeechScores(base::Instant now) : filled_until_(now) {}

  // A level of a packet; it also stands for short gaps before it.
  void handle_level(wire::AudioLevel level, base::Instant now);
  // Without packets a speaker is silent; then scores what there is.
  void evaluate(base::Instant now);

  // As of the last evaluate.
  const Scores& scores() const { return scores_; }
  // Speech in the last kRecentBlocks × 100 ms.
  bool speaks() const { return speaks_; }
  // The loudest of that time: 0 (silence) to 127.
  uint8_t recent_volume() const { return recent_volume_; }

 private:
  void append(uint8_t volume);
  void append_silence_until(base::Instant now);
  void track_floor(uint8_t volume);
  uint8_t sub_band(size_t age) const;

  std::array<uint8_t, kImmediates> volumes_{};  // a ring, one per kLevelStep
  size_t newest_ = 0;
  base::Instant filled_until_;
  uint8_t floor_ = 0;       // room noise: the quietest of a window, 0 = unknown
  uint8_t next_floor_ = 0;  // of the window that runs
  uint16_t floor_samples_ = 0;
  Scores scores_;
  bool speaks_ = false;
  uint8_t recent_volume_ = 0;
};

}  // namespace forward
