#include "forward/speech_scores.h"

#include <algorithm>
#include <cmath>

namespace forward {

namespace {

// Quieter than this is room noise, and so is what the sender's own detector calls no voice up to
// the second bound (algorithms R5.17).
constexpr uint8_t kNoiseGate = 60;
constexpr uint8_t kNoVoiceGate = 75;

// Sub-bands of 10 dB; a level less than this above the room's noise counts as none.
constexpr uint8_t kSubBand = 10;
constexpr uint8_t kAboveFloor = 10;
constexpr uint8_t kSubBands = 13;
// The noise of a room is never taken for louder than this, so that a steady loud tone still counts.
constexpr uint8_t kMaxFloor = 70;
// The floor follows a rising noise after this many samples: 15 s.
constexpr uint16_t kFloorWindow = 750;

// A 20 ms level counts as loud above this sub-band, a 100 ms block above this number of loud ones.
constexpr uint8_t kLoudSubBand = 7;
constexpr uint8_t kLoudBlock = 4;
// A block with this many loud levels is speech for `speaks`.
constexpr uint8_t kSpokenBlock = 3;

// Gaps up to this are jitter, longer ones silence.
constexpr int64_t kMaxBridgedSteps = 3;

double log_binomial(int n, int k) {
  double sum = 0;
  for (int i = 1; i <= k; ++i) sum += std::log(static_cast<double>(n - k + i) / i);
  return sum;
}

// Log-likelihood that k of n active sub-units are speech, with an exponential prior of rate lambda
// for silence (Volfin & Cohen, equation 10; p = 1/2).
double speech_score(int k, int n, double lambda) {
  const double score = log_binomial(n, k) - n * std::log(2.0) - std::log(lambda) + lambda * k;
  return std::max(score, kSilenceScore);
}

}  // namespace

uint8_t gated_volume(wire::AudioLevel level) {
  const auto volume = static_cast<uint8_t>(127 - std::min<uint8_t>(level.level, 127));
  return volume < kNoiseGate || (!level.voice && volume < kNoVoiceGate) ? uint8_t{0} : volume;
}

void SpeechScores::handle_level(wire::AudioLevel level, base::Instant now) {
  const uint8_t volume = gated_volume(level);
  const int64_t steps = (now - filled_until_).us / kLevelStep.us;
  if (steps <= 0) {
    volumes_[newest_] = std::max(volumes_[newest_], volume);
  } else {
    const bool bridged = steps <= kMaxBridgedSteps;
    if (!bridged) append_silence_until(now - kLevelStep);
    for (int64_t i = bridged ? steps : 1; i > 0; --i) append(volume);
    filled_until_ = now;
  }
  track_floor(volume);
}

void SpeechScores::append(uint8_t volume) {
  newest_ = (newest_ + 1) % kImmediates;
  volumes_[newest_] = volume;
}

void SpeechScores::append_silence_until(base::Instant now) {
  const int64_t steps = (now - filled_until_).us / kLevelStep.us;
  for (int64_t i = std::min<int64_t>(steps, kImmediates); i > 0; --i) append(0);
  if (steps > 0) filled_until_ = now;
}

void SpeechScores::track_floor(uint8_t volume) {
  if (volume == 0) return;
  if (floor_ == 0 || volume < floor_) floor_ = std::min(volume, kMaxFloor);
  if (next_floor_ == 0 || volume < next_floor_) next_floor_ = std::min(volume, kMaxFloor);
  if (++floor_samples_ < kFloorWindow) return;
  floor_ = next_floor_;
  next_floor_ = 0;
  floor_samples_ = 0;
}

// age 0 is the newest level.
uint8_t SpeechScores::sub_band(size_t age) const {
  const uint8_t volume = volumes_[(newest_ + kImmediates - age) % kImmediates];
  return volume < floor_ + kAboveFloor ? uint8_t{0} : static_cast<uint8_t>(volume / kSubBand);
}

void SpeechScores::evaluate(base::Instant now) {
  if (now - filled_until_ > kLevelStep * kMaxBridgedSteps) append_silence_until(now);
  int loud_blocks = 0;
  int newest_block = 0;
  speaks_ = false;
  for (size_t block = 0; block < kMediums; ++block) {
    int loud = 0;
    for (size_t i = 0; i < kImmediatesPerMedium; ++i) {
      loud += sub_band(block * kImmediatesPerMedium + i) > kLoudSubBand ? 1 : 0;
    }
    if (block == 0) newest_block = loud;
    if (block < kRecentBlocks && loud >= kSpokenBlock) speaks_ = true;
    loud_blocks += loud > kLoudBlock ? 1 : 0;
  }
  scores_.immediate = speech_score(sub_band(0), kSubBands, 0.78);
  scores_.medium = speech_score(newest_block, kImmediatesPerMedium, 24);
  scores_.long_term = speech_score(loud_blocks, kMediums, 47);
  recent_volume_ = 0;
  for (size_t age = 0; age < kRecentBlocks * kImmediatesPerMedium; ++age) {
    recent_volume_ =
        std::max(recent_volume_, volumes_[(newest_ + kImmediates - age) % kImmediates]);
  }
}

}  // namespace forward
