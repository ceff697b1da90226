#include "forward/speakers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/seeded_random.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{10000000};
constexpr int kPeople = 10;
constexpr uint64_t kSeeds = 40;

// A room of ten people on a clock of 20 ms. Speech is syllabic: loud for 100 to 300 ms, near
// silence for 40 to 120 ms (a synthetic model).
class Meeting {
 public:
  explicit Meeting(uint64_t seed) : random_(seed) {
    for (SpeakerId id = 0; id < kPeople; ++id) EXPECT_TRUE(speakers.add(id, now));
  }

  // `level`: of the speaker's syllables, -dBov. The others send noise of `noise_level`, or nothing
  // (discontinuous transmission) when it is 127.
  void speak(SpeakerId who, Duration span, uint8_t level = 27, uint8_t noise_level = 127) {
    for (const Instant end = now + span; now < end; now = now + Duration::millis(20)) {
      speakers.handle_level(who, syllable(level), now);
      for (SpeakerId id = 0; id < kPeople && noise_level < 127; ++id) {
        const auto wobble = static_cast<uint8_t>(random_.below(6));
        const wire::AudioLevel noise{static_cast<uint8_t>(noise_level - 3 + wobble), false};
        if (id != who) speakers.handle_level(id, noise, now);
      }
      decide();
    }
  }
  // Two at once: `who` speaks on while `other` is a steady loud noise.
  void disturb(SpeakerId who, SpeakerId other, Duration span) {
    for (const Instant end = now + span; now < end; now = now + Duration::millis(20)) {
      speakers.handle_level(who, syllable(27), now);
      speakers.handle_level(other, {20, true}, now);
      decide();
    }
  }
  // Time until `who` is dominant, while it speaks; at most 5 s.
  Duration until_dominant(SpeakerId who, uint8_t noise_level = 127) {
    const Instant from = now;
    while (speakers.dominant() != who && now - from < Duration::seconds(5)) {
      speak(who, Duration::millis(20), 27, noise_level);
    }
    return now - from;
  }

  Speakers speakers;
  Instant now = kStart;
  int switches = 0;

 private:
  wire::AudioLevel syllable(uint8_t level) {
    if (now >= phase_ends_) {
      loud_ = !loud_;
      const uint64_t ms = loud_ ? 100 + random_.below(200) : 40 + random_.below(80);
      phase_ends_ = now + Duration::millis(static_cast<int64_t>(ms));
    }
    const auto wobble = static_cast<uint8_t>(random_.below(6));
    return {static_cast<uint8_t>((loud_ ? level : level + 25) + wobble), true};
  }
  void decide() {
    const std::optional<SpeakerId> before = speakers.dominant();
    speakers.handle_timeout(now);
    if (speakers.dominant() != before) ++switches;
  }

  testing_support::SeededRandom random_;
  Instant phase_ends_ = kStart;
  bool loud_ = false;
};

TEST(Speakers, NobodyIsDominantInSilence) {
  Meeting meeting(1);
  meeting.speak(0, Duration::seconds(10), 90);
  EXPECT_FALSE(meeting.speakers.dominant().has_value());
  EXPECT_TRUE(meeting.speakers.levels().empty());
}

// [SPK-3] [T5.3]: the first to speak is found soon and stays.
TEST(Speakers, TheOnlyOneWhoSpeaksBecomesDominantAndStays) {
  int64_t worst_ms = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    for (const uint8_t noise : {uint8_t{127}, uint8_t{82}}) {
      Meeting meeting(seed);
      worst_ms = std::max(worst_ms, meeting.until_dominant(3, noise).to_ms());
      meeting.speak(3, Duration::seconds(60), 27, noise);
      EXPECT_EQ(meeting.switches, 1);
    }
  }
  EXPECT_LE(worst_ms, 800);
  RecordProperty("conformance",
                 "T5.3 first dominant threshold=800 ms got=" + std::to_string(worst_ms) + " ms");
}

// [SPK-3] [T5.3]: 20 turns of 3 s are 20 switches.
TEST(Speakers, TurnsAreFollowed) {
  std::vector<int64_t> takeovers;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Meeting meeting(seed);
    for (int turn = 0; turn < 20; ++turn) {
      const auto who = static_cast<SpeakerId>(turn % kPeople);
      const Instant from = meeting.now;
      takeovers.push_back(meeting.until_dominant(who, 82).to_ms());
      meeting.speak(who, Duration::seconds(3) - (meeting.now - from), 27, 82);
      EXPECT_EQ(meeting.speakers.dominant(), who);
    }
    EXPECT_EQ(meeting.switches, 20);
  }
  std::sort(takeovers.begin(), takeovers.end());
  const int64_t median = takeovers[takeovers.size() / 2];
  EXPECT_LE(median, 800);
  EXPECT_LE(takeovers.back(), 1600);
  RecordProperty("conformance", "T5.3 take-over threshold=800 ms median, 1600 ms worst got=" +
                                    std::to_string(median) + ", " +
                                    std::to_string(takeovers.back()) + " ms");
}

// [SPK-3] [T5.3]: a noise of another does not switch.
TEST(Speakers, ANoiseDoesNotTakeOver) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const int64_t noise_ms : {150, 600}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << noise_ms << " ms");
      Meeting meeting(seed);
      meeting.speak(1, Duration::seconds(5));
      meeting.disturb(1, 2, Duration::millis(noise_ms));
      meeting.speak(1, Duration::seconds(3));
      EXPECT_EQ(meeting.speakers.dominant(), 1u);
      EXPECT_EQ(meeting.switches, 1);
    }
  }
}

// [SPK-4]
TEST(Speakers, TheDominantStaysInSilenceAndGoesWhenRemoved) {
  Meeting meeting(1);
  meeting.speak(4, Duration::seconds(3));
  meeting.speak(5, Duration::seconds(10), 90);
  EXPECT_EQ(meeting.speakers.dominant(), 4u);
  meeting.speakers.remove(4);
  EXPECT_FALSE(meeting.speakers.dominant().has_value());
  for (SpeakerId id = 0; id < kPeople; ++id) meeting.speakers.remove(id);
  EXPECT_TRUE(meeting.speakers.next_deadline().is_never());
}

// [SPK-5]
TEST(Speakers, WhoSpeaksIsActiveUntilAfter) {
  Meeting meeting(1);
  meeting.speak(6, Duration::seconds(2));
  ASSERT_EQ(meeting.speakers.levels().size(), 1u);
  EXPECT_EQ(meeting.speakers.levels()[0].id, 6u);
  EXPECT_TRUE(meeting.speakers.levels()[0].active);
  EXPECT_NEAR(meeting.speakers.levels()[0].level, 27, 6);
  const Instant stopped = meeting.now;
  Instant inactive_from = Instant::never();
  while (!meeting.speakers.levels().empty()) {
    meeting.now = meeting.now + Duration::millis(20);
    meeting.speakers.handle_timeout(meeting.now);
    for (const SpeakerLevel& level : meeting.speakers.levels()) {
      if (!level.active) inactive_from = std::min(inactive_from, meeting.now);
    }
  }
  EXPECT_GE(inactive_from - stopped, Duration::millis(300));
  EXPECT_LE(inactive_from - stopped, Duration::millis(1000));
  EXPECT_NEAR(static_cast<double>((meeting.now - inactive_from).to_ms()), 1000, 100);
}

// [SPK-2]: a steady tone counts as speech, whatever the noise floor.
TEST(Speakers, ASteadyToneIsHeard) {
  Speakers speakers;
  speakers.add(1, kStart);
  for (int i = 0; i < 1500; ++i) {
    const Instant now = kStart + Duration::millis(20) * i;
    speakers.handle_level(1, {20, true}, now);
    speakers.handle_timeout(now);
  }
  EXPECT_EQ(speakers.dominant(), 1u);
  EXPECT_TRUE(speakers.levels()[0].active);
}

TEST(Speakers, RefusesDuplicatesAndMoreThanItsBound) {
  Speakers speakers;
  EXPECT_TRUE(speakers.add(1, kStart));
  EXPECT_FALSE(speakers.add(1, kStart));
  for (SpeakerId id = 2; id <= kMaxSpeakers; ++id) EXPECT_TRUE(speakers.add(id, kStart));
  EXPECT_FALSE(speakers.add(5000, kStart));
}

}  // namespace
}  // namespace forward
