#include "forward/vp9_layer_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "testing/seeded_random.h"
#include "testing/vp9_trace.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;
using testing_support::Vp9Frame;
using testing_support::Vp9Mode;
using testing_support::Vp9Trace;
using FrameId = std::pair<int64_t, uint8_t>;

constexpr Duration kFrameTime = Duration::millis(33);

class Vp9LayerFilterTest : public testing::Test {
 protected:
  // One packet. `marker`: as the publisher set it.
  LayerDecision give(const wire::Vp9Descriptor& descriptor, bool marker = false) {
    view_.marker = marker;
    MediaPacket packet{.packet = ref_, .view = view_};
    packet.position.arrived_at = now_;
    packet.format = {wire::CodecKind::kVp9, 1};
    packet.vp9 = descriptor;
    if (!begun_) filter_.begin_epoch(packet);
    begun_ = true;
    return filter_.choose(packet);
  }

  // Both packets of a frame; true when it was forwarded. Markers are counted and must be last.
  bool give_frame(const Vp9Frame& frame, bool last_of_picture) {
    wire::Vp9Descriptor first = frame.descriptor;
    first.end_of_frame = false;
    wire::Vp9Descriptor second = frame.descriptor;
    second.start_of_frame = false;
    second.spatial_layers = 0;
    if (frame.picture != marked_picture_) marked_ = false;
    marked_picture_ = frame.picture;
    const LayerDecision one = give(first);
    const LayerDecision two = give(second, last_of_picture);
    EXPECT_EQ(one.choice, two.choice) << "a frame in two parts";
    EXPECT_FALSE(one.choice == LayerChoice::kForward && one.marker);
    if (two.choice != LayerChoice::kForward) return false;
    EXPECT_FALSE(marked_) << "something after the marker of picture " << frame.picture;
    marked_ = two.marker;
    return true;
  }

  struct PictureResult {
    bool forwarded = false;
    uint8_t top = 0;
  };
  PictureResult give_picture(const std::vector<Vp9Frame>& frames) {
    PictureResult result;
    for (const Vp9Frame& frame : frames) {
      const bool last = frame.descriptor.spatial_id == frames.back().descriptor.spatial_id;
      if (!give_frame(frame, last)) continue;
      ++frames_forwarded_;
      result = {true, frame.descriptor.spatial_id};
      sent_.insert({frame.picture, frame.descriptor.spatial_id});
      for (const FrameId& reference : frame.references) {
        violations_ += sent_.contains(reference) ? 0 : 1;
      }
    }
    if (result.forwarded) {
      ++pictures_;
      markers_ += marked_ ? 1 : 0;
    }
    now_ = now_ + kFrameTime;
    return result;
  }

  Vp9LayerFilter filter_;
  base::PacketRef ref_;
  wire::RtpView view_;
  Instant now_{1000000};
  bool begun_ = false;
  bool marked_ = false;
  int64_t marked_picture_ = -1;
  std::set<FrameId> sent_;
  int violations_ = 0;
  int pictures_ = 0;
  int markers_ = 0;
  int frames_forwarded_ = 0;
};

const Vp9Mode kModes[] = {{3, 3, false, false}, {3, 3, false, true}, {3, 3, true, false},
                          {3, 3, true, true},   {2, 2, false, true}, {1, 3, false, false}};

class Vp9Modes : public Vp9LayerFilterTest, public testing::WithParamInterface<Vp9Mode> {};

// [V9L-1] [V9L-2] [V9L-7], T4.1, T4.3: nothing but the target's frames, whole, with one marker
// each.
TEST_P(Vp9Modes, EveryTargetGetsItsFrames_T4_1_T4_3) {
  const Vp9Mode mode = GetParam();
  for (uint8_t s = 0; s < mode.spatial; ++s) {
    for (uint8_t t = 0; t < mode.temporal; ++t) {
      SCOPED_TRACE("S" + std::to_string(s) + "T" + std::to_string(t));
      filter_ = Vp9LayerFilter();
      begun_ = false;
      sent_.clear();
      pictures_ = markers_ = frames_forwarded_ = 0;
      filter_.set_target({s, t});
      Vp9Trace trace(mode, 32700);
      const int period = 1 << (mode.temporal - 1);
      const int total = 30 * period;
      for (int i = 0; i < total; ++i) {
        const PictureResult result = give_picture(trace.next(i == 0));
        EXPECT_TRUE(!result.forwarded || result.top == s);
      }
      EXPECT_EQ(pictures_, 30 << t);
      EXPECT_EQ(markers_, pictures_);
      EXPECT_EQ(violations_, 0);
      const int expected = mode.key_pictures_only ? pictures_ + s : pictures_ * (s + 1);
      EXPECT_EQ(frames_forwarded_, expected);
      EXPECT_EQ(filter_.current(), (Layer{s, t}));
      EXPECT_FALSE(filter_.wants_key_frame());
    }
  }
}

// [V9L-3] [V9L-4] [V9L-5] [V9L-6], T4.2: ten minutes, another target every 200 ms.
TEST_P(Vp9Modes, ARandomWalkOfTargetsIsAlwaysDecodable_T4_2_T4_3) {
  const Vp9Mode mode = GetParam();
  testing_support::SeededRandom random(7);
  Vp9Trace trace(mode);
  int key_in = 0;
  int keys = 0;
  int since_key = 0;
  Layer target = kEveryLayer;
  for (int i = 0; i < 18000; ++i) {
    if (i % 6 == 0) {
      target = {static_cast<uint8_t>(random.below(mode.spatial)),
                static_cast<uint8_t>(random.below(mode.temporal))};
      filter_.set_target(target);
    }
    const bool key = i == 0 || key_in == 1;
    key_in = key ? 0 : std::max(0, key_in - 1);
    keys += key ? 1 : 0;
    const Layer before = filter_.current();
    since_key = key ? 0 : since_key + 1;
    const PictureResult result = give_picture(trace.next(key));
    const bool down = filter_.current().spatial < before.spatial;
    // Until the base layer's first frame behind the key picture, nothing of it was left out.
    EXPECT_FALSE(mode.key_pictures_only && down && since_key > 4) << "k-SVC went down by itself";
    if (key && result.forwarded) {
      EXPECT_EQ(result.top, std::min<int>(target.spatial, mode.spatial - 1));
    }
    if (key_in == 0 && filter_.wants_key_frame()) key_in = 3;
  }
  EXPECT_EQ(violations_, 0);
  EXPECT_EQ(markers_, pictures_);
  EXPECT_GT(pictures_, 7000);
  RecordProperty("conformance", "T4.2 threshold=0 got=" + std::to_string(violations_));
  RecordProperty("key_frames", keys);
}

INSTANTIATE_TEST_SUITE_P(Patterns, Vp9Modes, testing::ValuesIn(kModes));

// [V9L-3]: full SVC goes down at the next picture, and not inside one (E22).
TEST_F(Vp9LayerFilterTest, FullSvcGoesDownAtAPicturesStart_E22) {
  Vp9Trace trace({3, 1, false, true});
  give_picture(trace.next(true));
  const std::vector<Vp9Frame> half = trace.next(false);
  EXPECT_TRUE(give_frame(half[0], false));
  filter_.set_target({0, 0});
  EXPECT_TRUE(give_frame(half[1], false));
  EXPECT_TRUE(give_frame(half[2], true));
  EXPECT_EQ(give_picture(trace.next(false)).top, 0);
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [V9L-3]: k-SVC keeps what it has until the key frame.
TEST_F(Vp9LayerFilterTest, KSvcGoesDownWithAKeyFrame) {
  Vp9Trace trace({3, 1, true, true});
  give_picture(trace.next(true));
  give_picture(trace.next(false));
  filter_.set_target({0, 0});
  EXPECT_EQ(give_picture(trace.next(false)).top, 2);
  EXPECT_TRUE(filter_.wants_key_frame());
  EXPECT_EQ(give_picture(trace.next(true)).top, 0);
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [V9L-4]: a layer that begins without a key frame, as encoders do when they have room again.
TEST_F(Vp9LayerFilterTest, GoesUpWhereALayerBegins_E27) {
  Vp9Trace trace({2, 1, false, true});
  filter_.set_target({0, 0});
  give_picture(trace.next(true));
  filter_.set_target({1, 0});
  EXPECT_EQ(give_picture(trace.next(false)).top, 0);
  EXPECT_TRUE(filter_.wants_key_frame());
  std::vector<Vp9Frame> begins = trace.next(false);
  begins[1].descriptor.inter_predicted = false;
  begins[1].descriptor.reference_count = 0;
  EXPECT_TRUE(give_frame(begins[0], false));
  marked_ = false;
  EXPECT_TRUE(give_frame(begins[1], true));
  EXPECT_EQ(give_picture(trace.next(false)).top, 1) << "and goes on with P = 1";
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [V9L-5]: without a place to switch the base layer stays, and a key frame is asked for.
TEST_F(Vp9LayerFilterTest, WithoutSwitchingPointsAKeyFrameHelps_E28) {
  Vp9Trace trace({1, 3, false, false});
  filter_.set_target({0, 0});
  const auto give_next = [&](bool key) {
    std::vector<Vp9Frame> frames = trace.next(key);
    frames[0].descriptor.switching_up = false;
    return give_picture(frames).forwarded;
  };
  for (int i = 0; i < 8; ++i) give_next(i == 0);
  filter_.set_target({0, 2});
  for (int i = 0; i < 56; ++i) give_next(false);
  EXPECT_FALSE(filter_.wants_key_frame());
  for (int i = 0; i < 8; ++i) give_next(false);
  EXPECT_TRUE(filter_.wants_key_frame()) << "after 2 s";
  give_next(true);
  EXPECT_FALSE(filter_.wants_key_frame());
  EXPECT_TRUE(give_next(false)) << "T2";
}

// [V9L-8]
TEST_F(Vp9LayerFilterTest, APublisherWithFewerLayersLowersTheTarget_E23) {
  Vp9Trace trace({3, 1, true, true});
  give_picture(trace.next(true));
  EXPECT_EQ(give_picture(trace.next(false)).top, 2);
  trace.mode().spatial = 1;
  EXPECT_TRUE(give_picture(trace.next(true)).forwarded);
  EXPECT_TRUE(give_picture(trace.next(false)).forwarded);
  EXPECT_EQ(markers_, pictures_);
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [V9L-8]: without a word about it, the layer is given up after some pictures.
TEST_F(Vp9LayerFilterTest, ALayerThatStopsIsGivenUp_E30) {
  Vp9Trace trace({3, 1, true, true});
  give_picture(trace.next(true));
  for (int i = 0; i < kVp9AbsentPictures + 2; ++i) {
    std::vector<Vp9Frame> frames = trace.next(false);
    frames.pop_back();
    give_picture(frames);
  }
  EXPECT_TRUE(filter_.wants_key_frame()) << "k-SVC: nothing of the others was sent";
  std::vector<Vp9Frame> key = trace.next(true);
  key.pop_back();
  key[0].descriptor.spatial_layers = 2;
  EXPECT_EQ(give_picture(key).top, 1);
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [V9L-1]: E30, a picture of the base layer alone keeps the publisher's marker.
TEST_F(Vp9LayerFilterTest, ALowerFrameAloneKeepsItsMarker_E30) {
  Vp9Trace trace({3, 1, false, true});
  give_picture(trace.next(true));
  std::vector<Vp9Frame> frames = trace.next(false);
  frames.resize(1);
  give_picture(frames);
  EXPECT_EQ(markers_, 2);
}

// [V9L-1]: late packets follow the decision of their frame, and of their time.
TEST_F(Vp9LayerFilterTest, LatePacketsFollowWhatWasDecided_E26) {
  Vp9Trace trace({2, 1, true, true});
  filter_.set_target({0, 0});
  give_picture(trace.next(true));
  const std::vector<Vp9Frame> lost = trace.next(false);
  give_picture(trace.next(false));
  filter_.set_target({1, 0});
  give_picture(trace.next(true));
  EXPECT_TRUE(give_frame(lost[0], false)) << "the layer of then";
  EXPECT_FALSE(give_frame(lost[1], true));
  for (int i = 0; i < 200; ++i) give_picture(trace.next(false));
  EXPECT_EQ(give(lost[0].descriptor).choice, LayerChoice::kIgnore);
}

// [V9L-9]
TEST_F(Vp9LayerFilterTest, LayersThatCannotBeAreLeftOut_E25) {
  Vp9Trace trace({1, 1, false, true});
  give_picture(trace.next(true));
  wire::Vp9Descriptor odd = trace.next(false)[0].descriptor;
  odd.spatial_id = 3;
  EXPECT_EQ(give(odd).choice, LayerChoice::kSkip);
  odd.spatial_id = 0;
  odd.temporal_id = 4;
  EXPECT_EQ(give(odd).choice, LayerChoice::kSkip);
}

// [V9L-10]
TEST_F(Vp9LayerFilterTest, PictureIdsMayWidenInMidStream_E24) {
  Vp9Trace trace({1, 1, false, false}, 120);
  for (int i = 0; i < 40; ++i) {
    std::vector<Vp9Frame> frames = trace.next(i == 0);
    if (i < 20) {
      frames[0].descriptor.picture_id = *frames[0].descriptor.picture_id & 0x7f;
      frames[0].descriptor.long_picture_id = false;
    }
    EXPECT_TRUE(give_picture(frames).forwarded) << i;
  }
  EXPECT_EQ(markers_, 40);
}

// [V9L-10]
TEST_F(Vp9LayerFilterTest, WithoutLayerIndicesEverythingPasses) {
  wire::Vp9Descriptor plain;
  plain.picture_id = 1;
  plain.inter_predicted = true;
  filter_.set_target({0, 0});
  EXPECT_EQ(give(plain, true).choice, LayerChoice::kForward);
  EXPECT_TRUE(give(plain, true).marker);
}

// [V9L-1]: E21, a lost end of the highest layer is not made up.
TEST_F(Vp9LayerFilterTest, ALostEndIsNotMadeUp_E21) {
  Vp9Trace trace({2, 1, false, true});
  give_picture(trace.next(true));
  std::vector<Vp9Frame> frames = trace.next(false);
  EXPECT_TRUE(give_frame(frames[0], false));
  EXPECT_FALSE(marked_);
  EXPECT_EQ(give_picture(trace.next(false)).top, 1);
}

// E29
TEST_F(Vp9LayerFilterTest, TwoKeyPicturesInARow_E29) {
  Vp9Trace trace({3, 3, true, false});
  give_picture(trace.next(true));
  give_picture(trace.next(false));
  give_picture(trace.next(true));
  give_picture(trace.next(true));
  EXPECT_EQ(give_picture(trace.next(false)).top, 2);
  EXPECT_EQ(markers_, pictures_);
}

// A seeded successor goes on as if nothing had happened.
TEST_F(Vp9LayerFilterTest, ASeededSuccessorGoesOn) {
  Vp9Trace trace({3, 3, true, true});
  filter_.set_target({1, 1});
  for (int i = 0; i < 10; ++i) give_picture(trace.next(i == 0));
  filter_ = Vp9LayerFilter(filter_.state());
  for (int i = 0; i < 10; ++i) give_picture(trace.next(false));
  EXPECT_EQ(violations_, 0);
  EXPECT_EQ(pictures_, 10);
}

}  // namespace
}  // namespace forward
