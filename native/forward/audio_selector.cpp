#include "forward/audio_selector.h"

#include <algorithm>

#include "forward/speech_scores.h"

namespace forward {

namespace {

// Of a dominant speaker that is heard: before all others.
constexpr uint8_t kFirst = 128;

uint8_t current_volume(const AudioPlace& place, base::Instant now) {
  return now - place.heard_at > kVolumeTimeout ? uint8_t{0} : place.volume;
}

void update_volume(AudioPlace& place, wire::AudioLevel level, base::Instant now) {
  const uint8_t volume = gated_volume(level);
  place.volume = static_cast<uint8_t>((current_volume(place, now) + volume + 1) / 2);
  place.heard_at = now;
  place.has_levels = true;
  if (volume > 0) place.sounded_at = now;
}

void note_rank(AudioPlace& place, bool among_loudest, base::Instant now) {
  if (among_loudest) place.among_loudest_at = now;
  if (!among_loudest || current_volume(place, now) == 0) {
    place.among_loudest_since = base::Instant::never();
  } else if (place.among_loudest_since.is_never()) {
    place.among_loudest_since = now;
  }
}

bool has_left(const AudioPlace& place, base::Instant now) {
  return now - place.among_loudest_at > kLeaveAfter || now - place.sounded_at > kLeaveAfterSilence;
}

}  // namespace

void AudioSelector::add(AudioPlace& place) {
  if (place.listed) return;
  place = AudioPlace{};
  place.listed = true;
  places_.push_back(&place);
  ranking_.reserve(places_.capacity());
}

void AudioSelector::remove(AudioPlace& place) {
  if (place.listed) std::erase(places_, &place);
  place = AudioPlace{};
}

AudioChoice AudioSelector::choose(AudioPlace& place, std::optional<wire::AudioLevel> level,
                                  const AudioPlace* dominant, base::Instant now) {
  const bool was_silent = current_volume(place, now) == 0;
  if (takes_part(place, level, now)) {
    // A sound that begins is not kept waiting for the next ranking.
    const bool begins = was_silent && place.volume > 0 && !place.forwarded;
    if (now >= rank_at_ || begins) rank(dominant, now);
    const bool needs_place = places_.size() > loudest_ && !place.forwarded && &place != dominant;
    if (needs_place && !may_enter(place, now)) return AudioChoice::kWithhold;
  }
  if (place.forwarded) return AudioChoice::kForward;
  place.forwarded = true;
  place.among_loudest_at = now;
  if (free_places_ > 0) --free_places_;
  return AudioChoice::kEnter;
}

bool AudioSelector::takes_part(AudioPlace& place, std::optional<wire::AudioLevel> level,
                               base::Instant now) {
  if (level) {
    update_volume(place, *level, now);
  } else if (now - place.heard_at > kLeaveAfterSilence) {
    place.has_levels = false;
  }
  return loudest_ > 0 && place.listed && place.has_levels;
}

// Only with a packet that sounds.
bool AudioSelector::may_enter(const AudioPlace& place, base::Instant now) const {
  if (place.sounded_at != now) return false;
  if (free_places_ > 0 || place.clearly_louder) return true;
  return !place.among_loudest_since.is_never() && now - place.among_loudest_since >= kEnterAfter;
}

// Once per kRankInterval and for each sound that begins, so that a packet costs the same however
// many there are.
void AudioSelector::rank(const AudioPlace* dominant, base::Instant now) {
  rank_at_ = now + kRankInterval;
  ranking_.clear();
  for (AudioPlace* place : places_) {
    uint8_t volume = current_volume(*place, now);
    if (place == dominant && volume > 0) volume = kFirst;
    ranking_.push_back({static_cast<uint16_t>(volume * 2 + (place->forwarded ? 1 : 0)),
                        static_cast<uint16_t>(ranking_.size()), place});
  }
  if (ranking_.size() > loudest_) {
    const auto last = ranking_.begin() + static_cast<std::ptrdiff_t>(loudest_ - 1);
    std::nth_element(ranking_.begin(), last, ranking_.end(), [](const Ranked& a, const Ranked& b) {
      return a.key != b.key ? a.key > b.key : a.order < b.order;
    });
  }
  settle(dominant, now);
}

// Who was among the loudest is told so, who was not for too long loses the place.
void AudioSelector::settle(const AudioPlace* dominant, base::Instant now) {
  size_t forwarded = 0;
  uint8_t weakest = kFirst;
  for (size_t i = 0; i < ranking_.size(); ++i) {
    AudioPlace& place = *ranking_[i].place;
    note_rank(place, i < loudest_, now);
    const bool needs_place = places_.size() > loudest_ && place.has_levels && &place != dominant;
    if (needs_place && has_left(place, now)) place.forwarded = false;
    if (!place.forwarded || !place.has_levels) continue;
    ++forwarded;
    weakest = std::min(weakest, current_volume(place, now));
  }
  free_places_ = forwarded < loudest_ ? loudest_ - forwarded : 0;
  for (size_t i = 0; i < ranking_.size(); ++i) {
    AudioPlace& place = *ranking_[i].place;
    place.clearly_louder =
        i < loudest_ && current_volume(place, now) >= weakest + kEnterAdvantageDb;
  }
}

}  // namespace forward
