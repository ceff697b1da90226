#include "transport/ssrc_router.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "testing/bytes.h"

namespace {

using testing_support::Bytes;
using transport::Codec;
using transport::kMaxSsrcs;
using transport::SsrcRoute;
using transport::SsrcRouter;
using transport::TrackIdentity;

constexpr uint8_t kMidId = 1;
constexpr uint8_t kRidId = 2;
constexpr uint8_t kRepairedRidId = 3;

class SsrcRouterTest : public testing::Test {
 protected:
  SsrcRouterTest() {
    wire::ExtensionMap extensions;
    extensions.add(kMidId, wire::ExtensionKind::kMid);
    extensions.add(kRidId, wire::ExtensionKind::kRid);
    extensions.add(kRepairedRidId, wire::ExtensionKind::kRepairedRid);
    router.set_extensions(extensions);
  }

  static TrackIdentity track(uint32_t number, std::string mid, std::vector<std::string> rids) {
    const Codec codec{.payload_type = 96, .rtx_payload_type = 97};
    return {number, std::move(mid), std::move(rids), {codec}};
  }

  // Learns from one packet; nullptr when it is refused.
  const SsrcRoute* learn(uint32_t ssrc, uint8_t payload_type,
                         std::vector<std::pair<uint8_t, std::string>> elements) {
    std::vector<Bytes> values;
    for (const auto& [id, text] : elements) values.push_back(testing_support::from_text(text));
    std::vector<wire::ExtensionElement> parts;
    for (size_t i = 0; i < values.size(); ++i) parts.push_back({elements[i].first, values[i]});
    packet_.assign(200, 0);
    wire::write_rtp_header({.ssrc = ssrc, .payload_type = payload_type}, parts, packet_);
    wire::RtpView view;
    EXPECT_EQ(wire::parse_rtp(packet_, view), wire::ParseError::kNone);
    refusal = SsrcRouter::Refusal::kNone;
    return router.learn(view, refusal);
  }

  SsrcRouter router;
  SsrcRouter::Refusal refusal = SsrcRouter::Refusal::kNone;

 private:
  Bytes packet_;
};

TEST_F(SsrcRouterTest, KnowsSignalledSsrcs) {
  router.add(track(7, "0", {""}));
  EXPECT_TRUE(router.bind(1, {7, 0, false}));
  EXPECT_TRUE(router.bind(2, {7, 0, true}));
  EXPECT_FALSE(router.bind(2, {8, 0, false}));
  EXPECT_EQ(*router.find(2), (SsrcRoute{7, 0, true}));
  EXPECT_EQ(router.find(3), nullptr);
}

// [TRN-6]
TEST_F(SsrcRouterTest, LearnsByMidAndTellsRtxByPayloadType) {
  router.add(track(7, "cam", {""}));
  router.add(track(8, "screen", {""}));
  EXPECT_EQ(*learn(10, 96, {{kMidId, "screen"}}), (SsrcRoute{8, 0, false}));
  EXPECT_EQ(*learn(11, 97, {{kMidId, "screen"}}), (SsrcRoute{8, 0, true}));
  EXPECT_EQ(learn(12, 96, {{kMidId, "other"}}), nullptr);
  EXPECT_EQ(refusal, SsrcRouter::Refusal::kUnknown);
}

// [TRN-6]
TEST_F(SsrcRouterTest, LearnsLayersByRidAndTheirRepairByRepairedRid) {
  router.add(track(7, "cam", {"q", "h", "f"}));
  EXPECT_EQ(*learn(10, 96, {{kMidId, "cam"}, {kRidId, "h"}}), (SsrcRoute{7, 1, false}));
  EXPECT_EQ(*learn(11, 97, {{kMidId, "cam"}, {kRepairedRidId, "h"}}), (SsrcRoute{7, 1, true}));
  EXPECT_EQ(learn(12, 96, {{kMidId, "cam"}}), nullptr) << "which of three?";
  EXPECT_EQ(learn(13, 96, {{kMidId, "cam"}, {kRidId, "x"}}), nullptr);
}

// [TRN-6]
TEST_F(SsrcRouterTest, FallsBackToAPayloadTypeThatOnlyOneTrackHas) {
  router.add(track(7, "cam", {""}));
  EXPECT_EQ(*learn(10, 96, {}), (SsrcRoute{7, 0, false}));
  router.add(track(8, "screen", {""}));
  EXPECT_EQ(learn(11, 96, {}), nullptr);
}

// [TRN-7]
TEST_F(SsrcRouterTest, AnEncodingHasOneSsrcAtATime) {
  router.add(track(7, "cam", {""}));
  learn(10, 96, {{kMidId, "cam"}});
  learn(11, 96, {{kMidId, "cam"}});
  EXPECT_EQ(router.find(10), nullptr);
  EXPECT_NE(router.find(11), nullptr);
}

// [TRN-7]
TEST_F(SsrcRouterTest, IsBoundedAndForgetsWithTheTrack) {
  for (uint32_t i = 0; i < kMaxSsrcs; ++i) {
    router.add(track(i, std::to_string(i), {""}));
    EXPECT_TRUE(router.bind(100 + i, {i, 0, false}));
  }
  router.add(track(50, "late", {""}));
  EXPECT_FALSE(router.bind(1, {50, 0, false}));
  EXPECT_EQ(learn(1, 96, {{kMidId, "late"}}), nullptr);
  EXPECT_EQ(refusal, SsrcRouter::Refusal::kTooMany);
  router.remove(3);
  EXPECT_EQ(router.find(103), nullptr);
  EXPECT_NE(learn(1, 96, {{kMidId, "late"}}), nullptr);
}

}  // namespace
