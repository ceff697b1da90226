#include "forward/dependency_layer_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "forward/dependency_rewriter.h"
#include "testing/dependency_trace.h"
#include "testing/rtp_packets.h"
#include "testing/seeded_random.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;
using testing_support::Bytes;
using testing_support::DependencyTrace;
using testing_support::DependencyTracePacket;
using testing_support::from_hex;
using testing_support::to_hex;

constexpr uint8_t kId = 4;

// Reads what a subscriber gets, as a decoder would: every frame's references must have come.
class Receiver {
 public:
  void handle(const Bytes& value) {
    wire::DependencyDescriptor descriptor;
    if (parse_dependency_descriptor(value, structure_, descriptor) != wire::ParseError::kNone) {
      ++violations;
      return;
    }
    if (descriptor.active_targets) mask = *descriptor.active_targets;
    if (descriptor.head.has_structure && !descriptor.active_targets) {
      mask = structure_.every_target();
    }
    const int64_t number = numbers_.unwrap(descriptor.head.frame_number);
    if (!descriptor.head.start_of_frame) return;
    ++frames;
    layers.insert({descriptor.frame.spatial_id, descriptor.frame.temporal_id});
    top = std::max(descriptor.frame.spatial_id, top);
    if (descriptor.head.has_structure) received_.clear();
    for (const uint16_t diff : descriptor.frame.diffs()) {
      violations += received_.contains(number - diff) ? 0 : 1;
    }
    received_.insert(number);
  }

  int frames = 0;
  int violations = 0;
  uint8_t top = 0;
  uint32_t mask = 0;
  std::set<std::pair<uint8_t, uint8_t>> layers;

 private:
  wire::DependencyStructure structure_;
  base::Unwrapper<uint16_t> numbers_;
  std::set<int64_t> received_;
};

class DependencyLayerFilterTest : public testing::Test {
 protected:
  DependencyLayerFilterTest() { publisher_.add(kId, wire::ExtensionKind::kDependencyDescriptor); }

  struct Result {
    LayerDecision decision;
    Bytes left;  // the rewritten descriptor
    bool sent() const { return decision.choice == LayerChoice::kForward; }
  };

  Result give(const DependencyTracePacket& packet) {
    testing_support::ReceivedPacket received =
        testing_support::make_received(pool_,
                                       {.timestamp = static_cast<uint32_t>(packet.picture * 3000),
                                        .ssrc = ssrc_,
                                        .sequence = ++sequence_,
                                        .payload_type = 96,
                                        .marker = packet.marker},
                                       {0x10, 0x32}, {{kId, packet.descriptor}});
    const SourcePosition position{.source = {ssrc_, 0},
                                  .sequence = sequence_,
                                  .timestamp = packet.picture * 3000,
                                  .arrived_at = now_};
    MediaPacket described =
        describe(received.packet, received.view, position, {wire::CodecKind::kAv1, 1}, publisher_);
    tracker_.describe(described);
    if (!begun_ && !described.starts_decoding) return {{LayerChoice::kIgnore}, {}};
    if (!begun_) {
      filter_.begin_epoch(described);
      rewriter_.begin_epoch(*described.dependency);
    }
    begun_ = true;
    Result result{filter_.choose(described), {}};
    if (!result.sent()) return result;
    const wire::DependencyRewrite rewrite =
        rewriter_.rewrite(*described.dependency, result.decision.active_targets);
    result.left.resize(wire::kMaxRewrittenDescriptor);
    result.left.resize(
        wire::rewrite_dependency_descriptor(packet.descriptor, rewrite, result.left));
    return result;
  }

  // A temporal unit; packets named in `lost` do not arrive. True when something was forwarded.
  bool give_unit(const std::vector<DependencyTracePacket>& packets, std::set<size_t> lost = {}) {
    bool marked = false;
    bool sent = false;
    receiver_.top = 0;
    for (size_t i = 0; i < packets.size(); ++i) {
      if (lost.contains(i)) continue;
      const Result result = give(packets[i]);
      if (!result.sent()) continue;
      EXPECT_FALSE(marked) << "something after the marker of picture " << packets[i].picture;
      marked = result.decision.marker;
      sent = true;
      receiver_.handle(result.left);
    }
    units_ += sent ? 1 : 0;
    markers_ += marked ? 1 : 0;
    now_ = now_ + Duration::millis(33);
    return sent;
  }

  base::PacketPool pool_{0, 16};
  wire::ExtensionMap publisher_;
  DependencyTracker tracker_;
  DependencyLayerFilter filter_;
  DependencyRewriter rewriter_;
  Receiver receiver_;
  Instant now_{1000000};
  uint32_t ssrc_ = 7;
  uint16_t sequence_ = 0;
  bool begun_ = false;
  int units_ = 0;
  int markers_ = 0;
};

// [DDL-1] [DDL-7], T4.1, T4.3
TEST_F(DependencyLayerFilterTest, EveryTargetGetsItsFrames_T4_1_T4_3) {
  for (const auto& mode :
       {testing_support::l1t3(), testing_support::l3t3(), testing_support::l3t3_key()}) {
    const auto spatial = static_cast<uint8_t>(mode.key[0].size());
    for (uint8_t s = 0; s < spatial; ++s) {
      for (uint8_t t = 0; t < 3; ++t) {
        SCOPED_TRACE(std::string(mode.name) + " S" + std::to_string(s) + "T" + std::to_string(t));
        DependencyTrace trace(mode, 65500);
        filter_ = DependencyLayerFilter();
        filter_.set_target({s, t});
        receiver_ = Receiver();
        begun_ = false;
        ++ssrc_;
        units_ = markers_ = 0;
        for (int i = 0; i < 120; ++i) {
          if (give_unit(trace.next(i == 0))) {
            EXPECT_EQ(receiver_.top, s);
          }
        }
        EXPECT_EQ(units_, 30 << t);
        EXPECT_EQ(markers_, units_);
        EXPECT_EQ(receiver_.violations, 0);
        const bool key_only = std::string(mode.name) == "L3T3_KEY";
        EXPECT_EQ(receiver_.frames, key_only ? units_ + s : units_ * (s + 1));
        EXPECT_FALSE(filter_.wants_key_frame());
      }
    }
  }
}

// [DDL-8], T4.6
TEST_F(DependencyLayerFilterTest, TargetFourOfL3T3WritesItsMask_T4_6) {
  DependencyTrace trace(testing_support::l3t3(), 370);
  filter_.set_target({1, 1});
  std::vector<std::string> kept;
  for (int i = 0; i < 4; ++i) {
    for (const DependencyTracePacket& packet : trace.next(i == 0)) {
      const Result result = give(packet);
      wire::DependencyStructure structure = trace.structure();
      wire::DependencyDescriptor descriptor;
      ASSERT_EQ(parse_dependency_descriptor(packet.descriptor, structure, descriptor),
                wire::ParseError::kNone);
      EXPECT_EQ(result.sent(),
                descriptor.frame.indication(4) != wire::DecodeIndication::kNotPresent);
      if (!result.sent()) continue;
      wire::DependencyDescriptor left;
      ASSERT_EQ(parse_dependency_descriptor(result.left, structure, left), wire::ParseError::kNone);
      EXPECT_EQ(left.active_targets.has_value(), descriptor.head.start_of_frame);
      if (left.active_targets) {
        EXPECT_EQ(*left.active_targets, 27u);
      }
    }
  }
}

class DependencyWalk : public DependencyLayerFilterTest,
                       public testing::WithParamInterface<testing_support::DependencyMode> {};

// [DDL-2] [DDL-3] [DDL-4] [DDL-5], T4.7: a random walk over all targets, ten minutes.
TEST_P(DependencyWalk, IsAlwaysDecodable_T4_2_T4_3_T4_7) {
  const testing_support::DependencyMode mode = GetParam();
  const bool key_only = std::string(mode.name).find("KEY") != std::string::npos;
  const auto spatial = static_cast<uint8_t>(mode.key[0].size());
  testing_support::SeededRandom random(11);
  DependencyTrace trace(mode, 65000);
  int key_in = 0;
  int keys = 0;
  int slowest = 0;
  int waiting = 0;
  Layer target = kEveryLayer;
  for (int i = 0; i < 18000; ++i) {
    if (i % 6 == 0) {
      target = {static_cast<uint8_t>(random.below(spatial)), static_cast<uint8_t>(random.below(3))};
      filter_.set_target(target);
      waiting = 0;
    }
    const bool key = i == 0 || key_in == 1;
    key_in = key ? 0 : std::max(0, key_in - 1);
    keys += key ? 1 : 0;
    give_unit(trace.next(key));
    const bool reached = filter_.current().temporal == std::min<int>(target.temporal, 2);
    waiting = reached || key_only ? 0 : waiting + 1;
    slowest = std::max(slowest, waiting);
    if (key_in == 0 && filter_.wants_key_frame()) key_in = 3;
  }
  EXPECT_EQ(receiver_.violations, 0);
  EXPECT_EQ(markers_, units_);
  EXPECT_GT(units_, 7000);
  if (std::string(mode.name).find("L3T3") != std::string::npos) {
    EXPECT_LE(slowest, 4) << "temporal layers follow within a T0 period";
  }
  RecordProperty("conformance", "T4.7 threshold=0 got=" + std::to_string(receiver_.violations));
  RecordProperty("key_frames", keys);
}

INSTANTIATE_TEST_SUITE_P(Structures, DependencyWalk,
                         testing::Values(testing_support::l1t3(), testing_support::l3t3(),
                                         testing_support::l3t3_key(), testing_support::s3t3(),
                                         testing_support::l2t2_key_shift()));

// [DDL-7], T4.8: the layers of a picture are of different temporal layers.
TEST_F(DependencyLayerFilterTest, KeyShiftMarksEachUnit_T4_8) {
  for (const Layer target : {Layer{0, 0}, Layer{0, 1}, Layer{1, 0}, Layer{1, 1}}) {
    DependencyTrace trace(testing_support::l2t2_key_shift(), 100);
    filter_ = DependencyLayerFilter();
    filter_.set_target(target);
    receiver_ = Receiver();
    begun_ = false;
    ++ssrc_;
    units_ = markers_ = 0;
    for (int i = 0; i < 41; ++i) give_unit(trace.next(i == 0));
    EXPECT_EQ(markers_, units_);
    EXPECT_EQ(receiver_.violations, 0);
    EXPECT_GE(units_, target.temporal == 0 ? 21 : 41);
  }
}

// [DDL-3]: full SVC goes down in the next unit without a key frame, and not inside one.
TEST_F(DependencyLayerFilterTest, FullSvcGoesDownAtOnce_E22) {
  DependencyTrace trace(testing_support::l3t3(), 1);
  give_unit(trace.next(true));
  const std::vector<DependencyTracePacket> unit = trace.next(false);
  EXPECT_TRUE(give(unit[0]).sent());
  filter_.set_target({0, 2});
  for (size_t i = 1; i < unit.size(); ++i) EXPECT_TRUE(give(unit[i]).sent());
  receiver_ = Receiver();
  give_unit(trace.next(false));
  EXPECT_EQ(filter_.current(), (Layer{0, 2}));
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [DDL-4]
TEST_F(DependencyLayerFilterTest, GoingUpInSpaceWaitsForAKeyFrame) {
  DependencyTrace trace(testing_support::l3t3(), 1);
  filter_.set_target({0, 0});
  for (int i = 0; i < 5; ++i) give_unit(trace.next(i == 0));
  filter_.set_target({2, 2});
  for (int i = 0; i < 4; ++i) give_unit(trace.next(false));
  EXPECT_EQ(filter_.current(), (Layer{0, 2})) << "what can be had without one";
  EXPECT_TRUE(filter_.wants_key_frame());
  give_unit(trace.next(true));
  EXPECT_EQ(filter_.current(), (Layer{2, 2}));
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [DDL-5]: a frame of the chain is lost and does not come again.
TEST_F(DependencyLayerFilterTest, ABrokenChainFallsToALowerTarget) {
  DependencyTrace trace(testing_support::l3t3(), 65530);
  for (int i = 0; i < 4; ++i) give_unit(trace.next(i == 0));
  give_unit(trace.next(false), {4, 5});  // the frame of the highest layer, T0
  for (int i = 0; i < 5; ++i) give_unit(trace.next(false));
  EXPECT_EQ(filter_.current().spatial, 2) << "it may still come";
  for (int i = 0; i < 4; ++i) give_unit(trace.next(false));
  EXPECT_EQ(filter_.current().spatial, 1);
  EXPECT_TRUE(filter_.wants_key_frame());
  give_unit(trace.next(true));
  EXPECT_EQ(filter_.current().spatial, 2);
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [DDL-5] [DDL-6]
TEST_F(DependencyLayerFilterTest, ARepairedChainGoesOn_E33) {
  DependencyTrace trace(testing_support::l3t3(), 65520);
  for (int i = 0; i < 4; ++i) give_unit(trace.next(i == 0));
  const std::vector<DependencyTracePacket> hurt = trace.next(false);
  give_unit(hurt, {4, 5});
  give_unit(trace.next(false));
  EXPECT_TRUE(give(hurt[4]).sent());
  EXPECT_TRUE(give(hurt[5]).sent());
  for (int i = 0; i < 20; ++i) give_unit(trace.next(false));
  EXPECT_EQ(filter_.current(), (Layer{2, 2}));
  EXPECT_FALSE(filter_.wants_key_frame());
}

// [DDL-6]
TEST_F(DependencyLayerFilterTest, LatePacketsFollowTheTargetOfTheirTime) {
  DependencyTrace trace(testing_support::l3t3(), 10);
  filter_.set_target({0, 0});
  give_unit(trace.next(true));
  const std::vector<DependencyTracePacket> lost = trace.next(false);
  give_unit(trace.next(false));
  filter_.set_target(kEveryLayer);
  give_unit(trace.next(true));
  for (const DependencyTracePacket& packet : lost) EXPECT_FALSE(give(packet).sent());
  for (int i = 0; i < 100; ++i) give_unit(trace.next(false));
  EXPECT_EQ(give(lost[0]).decision.choice, LayerChoice::kIgnore);
}

// [DDL-2]
TEST_F(DependencyLayerFilterTest, ThePublishersMaskLowersTheTarget) {
  DependencyTrace trace(testing_support::l3t3(), 10);
  for (int i = 0; i < 4; ++i) give_unit(trace.next(i == 0));
  trace.active_targets = 63;
  give_unit(trace.next(false));
  EXPECT_EQ(filter_.current(), (Layer{1, 2}));
  EXPECT_FALSE(filter_.wants_key_frame());
  EXPECT_EQ(receiver_.mask, 63u);
  EXPECT_EQ(receiver_.violations, 0);
}

// [DDL-2]
TEST_F(DependencyLayerFilterTest, AnEmptyMaskStopsWithoutAnError_E34) {
  DependencyTrace trace(testing_support::l3t3(), 10);
  give_unit(trace.next(true));
  trace.active_targets = 0;
  EXPECT_FALSE(give_unit(trace.next(false)));
  EXPECT_FALSE(filter_.wants_key_frame());
  trace.active_targets = 511;
  EXPECT_TRUE(give_unit(trace.next(true)));
}

// [DDL-9]
TEST_F(DependencyLayerFilterTest, AnotherStructureIsTakenAtItsKeyFrame_E23) {
  DependencyTrace trace(testing_support::l3t3(), 10);
  for (int i = 0; i < 4; ++i) give_unit(trace.next(i == 0));
  DependencyTrace narrow(testing_support::l1t3(), 22);
  narrow.structure().template_id_offset = 15;
  std::vector<DependencyTracePacket> unit;
  for (int i = 0; i < 8; ++i) {
    unit = narrow.next(i == 0);
    for (DependencyTracePacket& packet : unit) packet.picture += 4;
    EXPECT_TRUE(give_unit(unit)) << i;
  }
  EXPECT_EQ(filter_.current(), (Layer{0, 2}));
  EXPECT_EQ(markers_, units_);
  EXPECT_EQ(receiver_.violations, 0);
}

// [DDL-10]
TEST_F(DependencyLayerFilterTest, NothingBeginsBeforeAStructure) {
  DependencyTrace trace(testing_support::l3t3(), 10);
  trace.next(true);
  EXPECT_FALSE(give_unit(trace.next(false)));
  EXPECT_TRUE(give_unit(trace.next(true)));
}

// [DDL-10]: the start of a key frame is lost; its ids are not those of the structure before.
TEST_F(DependencyLayerFilterTest, FramesOfAnUnknownStructurePass) {
  DependencyTrace trace(testing_support::l1t3(), 10);
  filter_.set_target({0, 0});
  for (int i = 0; i < 5; ++i) give_unit(trace.next(i == 0));
  trace.structure().template_id_offset = 20;
  const std::vector<DependencyTracePacket> key = trace.next(true);
  EXPECT_TRUE(give(key[1]).sent());
  EXPECT_TRUE(give(key[0]).sent()) << "repaired";
  give_unit(trace.next(false));
  EXPECT_EQ(filter_.current(), (Layer{0, 0}));
}

TEST_F(DependencyLayerFilterTest, ASeededSuccessorGoesOn) {
  DependencyTrace trace(testing_support::l3t3_key(), 65530);
  filter_.set_target({1, 1});
  for (int i = 0; i < 10; ++i) give_unit(trace.next(i == 0));
  filter_ = DependencyLayerFilter(filter_.state());
  rewriter_ = DependencyRewriter(rewriter_.state());
  for (int i = 0; i < 10; ++i) give_unit(trace.next(false));
  EXPECT_EQ(receiver_.violations, 0);
  EXPECT_EQ(units_, 10);
}

}  // namespace
}  // namespace forward
