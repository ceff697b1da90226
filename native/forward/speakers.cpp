#include "forward/speakers.h"

#include <algorithm>
#include <cmath>

namespace forward {

namespace {

// What the logarithms of a challenger's score ratios must exceed (Volfin & Cohen, §IV).
constexpr double kImmediateAdvantage = 3;
constexpr double kMediumAdvantage = 2;
constexpr double kLongAdvantage = 0;

// Decisions in a row that a challenger must win while the dominant speaker still speaks: a noise of
// half a second between two of its words is none.
constexpr uint8_t kWinsAgainstSpeech = 3;

// Pauses between words do not switch the speaking mark off.
constexpr base::Duration kActiveHold = base::Duration::millis(500);
// Who has stopped is named for this long, so that a reader of every few decisions hears of it.
constexpr base::Duration kSilenceNamed = base::Duration::millis(1000);

}  // namespace

bool Speakers::add(SpeakerId id, base::Instant now) {
  if (speakers_.size() == kMaxSpeakers || find(id) != nullptr) return false;
  Speaker& added = speakers_.emplace_back();
  added.id = id;
  added.scores = SpeechScores(now);
  levels_.reserve(speakers_.size());
  if (decide_at_.is_never()) decide_at_ = now + kSpeakerDecisionInterval;
  return true;
}

void Speakers::remove(SpeakerId id) {
  std::erase_if(speakers_, [id](const Speaker& speaker) { return speaker.id == id; });
  std::erase_if(levels_, [id](const SpeakerLevel& level) { return level.id == id; });
  if (dominant_ == id) dominant_.reset();
  if (speakers_.empty()) decide_at_ = base::Instant::never();
}

void Speakers::handle_level(SpeakerId id, wire::AudioLevel level, base::Instant now) {
  if (Speaker* speaker = find(id)) speaker->scores.handle_level(level, now);
}

bool Speakers::handle_timeout(base::Instant now) {
  if (now < decide_at_) return false;
  levels_.clear();
  for (Speaker& speaker : speakers_) {
    speaker.scores.evaluate(now);
    read_level(speaker, now);
  }
  choose_dominant();
  decide_at_ = now + kSpeakerDecisionInterval;
  return true;
}

void Speakers::read_level(Speaker& speaker, base::Instant now) {
  speaker.smoothed_volume =
      static_cast<uint8_t>((speaker.smoothed_volume + speaker.scores.recent_volume() + 1) / 2);
  if (speaker.scores.speaks()) speaker.active_until = now + kActiveHold;
  const bool active = now < speaker.active_until;
  if (now >= speaker.active_until + kSilenceNamed) return;
  if (!active) speaker.smoothed_volume = 0;
  levels_.push_back({speaker.id, static_cast<uint8_t>(127 - speaker.smoothed_volume), active});
}

void Speakers::choose_dominant() {
  const Speaker* current = dominant_ ? find(*dominant_) : nullptr;
  const Speaker* best = nullptr;
  const Scores& defender = current != nullptr ? current->scores.scores() : Scores{};
  const uint8_t needed = current != nullptr && current->scores.speaks() ? kWinsAgainstSpeech : 1;
  double best_medium = kMediumAdvantage;
  for (Speaker& challenger : speakers_) {
    if (challenger.id == dominant_) continue;
    const Scores& scores = challenger.scores.scores();
    const double medium = std::log(scores.medium / defender.medium);
    const bool wins = medium > kMediumAdvantage &&
                      std::log(scores.immediate / defender.immediate) > kImmediateAdvantage &&
                      std::log(scores.long_term / defender.long_term) > kLongAdvantage;
    challenger.wins = wins ? std::min<uint8_t>(challenger.wins + 1, kWinsAgainstSpeech) : 0;
    if (challenger.wins < needed || medium <= best_medium) continue;
    best_medium = medium;
    best = &challenger;
  }
  if (best == nullptr) return;
  dominant_ = best->id;
}

Speakers::Speaker* Speakers::find(SpeakerId id) {
  const auto found = std::find_if(speakers_.begin(), speakers_.end(),
                                  [id](const Speaker& speaker) { return speaker.id == id; });
  return found == speakers_.end() ? nullptr : &*found;
}

}  // namespace forward
