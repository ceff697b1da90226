#include "forward/audio_recovery.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "testing/capture.h"
#include "testing/fixtures.h"
#include "testing/seeded_random.h"
#include "wire/rtp.h"

namespace forward {
namespace {

using Recovered = std::array<RecoveredFrame, kMaxRecovered>;

SourcePosition at(int64_t sequence, int64_t timestamp, bool newest = true) {
  return {.source = {1, 0},
          .sequence = sequence,
          .timestamp = timestamp,
          .clock_rate = 48000,
          .newest = newest,
          .arrived_at = base::Instant{1},
          .captured_at = {}};
}

wire::RedBlock block(uint16_t timestamp_offset, uint16_t size = 30) {
  return {111, timestamp_offset, 0, size};
}

// [RED-4] R5.12
TEST(AudioRecovery, FillsWhatIsMissingRightBefore) {
  AudioRecovery recovery;
  Recovered out;
  const std::vector one{block(960)};
  EXPECT_EQ(recovery.handle_packet(at(10, 9600), false, one, out), 0u) << "before the start";
  EXPECT_EQ(recovery.handle_packet(at(11, 10560), false, one, out), 0u) << "nothing missing";
  EXPECT_EQ(recovery.handle_packet(at(13, 12480), false, one, out), 1u);
  EXPECT_EQ(out[0].sequence, 12);
  EXPECT_EQ(out[0].timestamp, 11520);
  EXPECT_TRUE(recovery.was_recovered(at(12, 11520, false)));
  EXPECT_FALSE(recovery.was_recovered(at(11, 10560, false)));
}

// [RED-4] R5.12
TEST(AudioRecovery, FillsAtMostTwoOldestFirst) {
  AudioRecovery recovery;
  Recovered out;
  const std::vector three{block(2880), block(1920), block(960)};
  recovery.handle_packet(at(10, 9600), false, {}, out);
  EXPECT_EQ(recovery.handle_packet(at(14, 13440), false, three, out), 2u);
  EXPECT_EQ(out[0].sequence, 12);
  EXPECT_EQ(out[0].timestamp, 11520);
  EXPECT_EQ(out[1].sequence, 13);
  EXPECT_EQ(out[1].timestamp, 12480);
}

// [RED-4]: Chromium probes with padding on the audio stream, and leaves a frame out of the
// redundancy of the first packet of silence: neither is a loss.
TEST(AudioRecovery, TakesNothingThatWasThere) {
  AudioRecovery recovery;
  Recovered out;
  const std::vector one{block(960)};
  recovery.handle_packet(at(10, 9600), false, {}, out);
  EXPECT_EQ(recovery.handle_packet(at(12, 10560), false, one, out), 0u) << "lost padding";
  const std::vector earlier{block(1920)};
  EXPECT_EQ(recovery.handle_packet(at(14, 12480), false, earlier, out), 0u)
      << "the lost frame is not the one that is repeated";
}

// [RED-4]
TEST(AudioRecovery, AnotherSourceBeginsAnew) {
  AudioRecovery recovery;
  Recovered out;
  const std::vector one{block(960)};
  recovery.handle_packet(at(10, 9600), false, {}, out);
  SourcePosition other = at(5000, 96000);
  other.source = {2, 0};
  EXPECT_EQ(recovery.handle_packet(other, false, one, out), 0u);
  recovery.reset();
  EXPECT_EQ(recovery.handle_packet(at(5002, 97920), false, one, out), 0u);
}

struct Outcome {
  double residual = 0;  // of all frames, percent
  size_t duplicates = 0;
};

// 10 % of the packets of a publisher with RED are lost, in runs of `burst`; the frames that a
// subscriber without RED gets.
Outcome lose_and_recover(size_t distance, uint64_t burst, uint64_t seed) {
  constexpr int64_t kFrames = 50'000;
  testing_support::SeededRandom random(seed);
  AudioRecovery recovery;
  Recovered out;
  std::multiset<int64_t> played;
  uint64_t losing = 0;
  for (int64_t i = 0; i < kFrames; ++i) {
    if (losing == 0 && random.below(1000) < 100 / burst) losing = burst;
    if (losing > 0 && losing-- > 0) continue;
    std::vector<wire::RedBlock> redundant;
    for (size_t back = distance; back > 0; --back) {
      redundant.push_back(block(static_cast<uint16_t>(960 * back)));
    }
    const size_t count = recovery.handle_packet(at(i, 960 * i), false, redundant, out);
    for (size_t k = 0; k < count; ++k) played.insert(out[k].timestamp);
    played.insert(960 * i);
  }
  const std::set<int64_t> distinct(played.begin(), played.end());
  return {100.0 * static_cast<double>(kFrames - static_cast<int64_t>(distinct.size())) / kFrames,
          played.size() - distinct.size()};
}

// [RED-4] T5.2
TEST(AudioRecovery, LeavesTheResidualLossOfItsDistance) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Outcome one = lose_and_recover(1, 1, seed);
    const Outcome two = lose_and_recover(2, 1, seed);
    EXPECT_NEAR(one.residual, 1.0, 0.2);
    EXPECT_NEAR(two.residual, 0.1, 0.05);
    EXPECT_GE(lose_and_recover(1, 2, seed).residual, 5.0 * 0.95) << "bursts of two";
    EXPECT_EQ(one.duplicates + two.duplicates, 0u);
    RecordProperty("conformance", "T5.2 recovered, residual threshold=1.0±0.2 and 0.1±0.05 % got=" +
                                      std::to_string(one.residual) + " and " +
                                      std::to_string(two.residual));
  }
}

// [RED-4] T5.2: what Chromium sends, with silence and padding, 10 % of it lost: every frame that is
// recovered is the one that was sent at its time, and none is played twice.
TEST(AudioRecovery, RecoversWhatChromiumSent) {
  const auto packets =
      testing_support::read_rtpdump(testing_support::capture_path("chromium_opus_red_dtx.rtpdump"));
  using Frame = std::vector<uint8_t>;
  size_t recovered = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    testing_support::SeededRandom random(seed);
    std::map<int64_t, Frame> sent;
    std::set<int64_t> played;
    AudioRecovery recovery;
    for (const auto& bytes : packets) {
      wire::RtpView view;
      wire::RedPayload red;
      if (bytes.size() < 2 || (bytes[1] >= 192 && bytes[1] <= 223)) continue;
      if (wire::parse_rtp(bytes, view) != wire::ParseError::kNone) continue;
      const auto frame_of = [&view](const wire::RedBlock& it) {
        const auto part = view.payload().subspan(it.offset, it.size);
        return Frame(part.begin(), part.end());
      };
      const bool padding = view.payload_size == 0;
      if (!padding) {
        ASSERT_EQ(wire::parse_red(view.payload(), red), wire::ParseError::kNone);
        sent[view.timestamp] = frame_of(red.primary());
      }
      if (random.below(10) == 0) continue;
      Recovered out;
      const auto redundant = padding ? std::span<const wire::RedBlock>{} : red.redundant();
      const size_t count =
          recovery.handle_packet(at(view.sequence, view.timestamp), padding, redundant, out);
      for (size_t i = 0; i < count; ++i) {
        ++recovered;
        ASSERT_TRUE(sent.contains(out[i].timestamp));
        EXPECT_EQ(sent[out[i].timestamp], frame_of(out[i].block));
        EXPECT_TRUE(played.insert(out[i].timestamp).second) << "played twice";
      }
      if (!padding) {
        EXPECT_TRUE(played.insert(view.timestamp).second) << "played twice";
      }
    }
  }
  EXPECT_GT(recovered, 50u);
}

}  // namespace
}  // namespace forward
