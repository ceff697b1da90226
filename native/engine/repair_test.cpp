// Loss on either leg: NACK, RTX, key frame requests and reports, through real SRTP.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "rtp/rtx.h"
#include "testing/meeting.h"
#include "testing/twcc_reporter.h"
#include "testing/viewer.h"
#include "wire/rtcp.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_pli.h"
#include "wire/rtcp_transport_cc.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::ReceivedRtp;
using testing_support::Viewer;
using testing_support::VirtualPeer;

constexpr auto seconds = base::Duration::seconds;
constexpr auto millis = base::Duration::millis;

size_t missing(const std::set<int64_t>& numbers) {
  if (numbers.empty()) return 0;
  return static_cast<size_t>(*numbers.rbegin() - *numbers.begin() + 1) - numbers.size();
}

void send_pli(VirtualPeer& peer, uint32_t ssrc) {
  std::array<uint8_t, 12> pli;
  wire::write_pli({1, ssrc}, pli);
  peer.send_rtcp(pli);
}

// [TRN-13]
TEST(Repair, AnswersANackWithTheSamePayloadByRtx) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(millis(400));
  VirtualPeer& subscriber = meeting.world.peer(2);
  const auto first = std::find_if(subscriber.rtp.begin(), subscriber.rtp.end(),
                                  [](const auto& it) { return it.view.ssrc == 5001; });
  ASSERT_NE(first, subscriber.rtp.end());
  const uint16_t wanted = first->view.sequence;
  const Bytes payload(first->view.payload().begin(), first->view.payload().end());
  Bytes nack(32);
  size_t taken = 0;
  const size_t size = wire::write_nack({1, 5001}, {&wanted, 1}, nack, taken);
  subscriber.send_rtcp(std::span(nack).first(size));
  meeting.world.run_for(millis(5));
  const ReceivedRtp& resent = subscriber.rtp.back();
  EXPECT_EQ(resent.view.ssrc, 6001u);
  EXPECT_EQ(resent.view.payload_type, testing_support::kVp8Rtx);
  EXPECT_EQ(rtp::original_sequence(resent.view), wanted);
  EXPECT_TRUE(std::equal(payload.begin(), payload.end(), resent.view.payload().begin() + 2,
                         resent.view.payload().end()));
}

// [HIST-7] The receiver asks once, its answer is lost twice, and it gets the packet all the same.
TEST(Repair, SendsALostAnswerAgainWithoutAnotherNack) {
  Meeting meeting;
  meeting.begin_one_to_one();
  VirtualPeer& subscriber = meeting.world.peer(2);
  testing_support::TwccReporter reporter(subscriber, testing_support::kTransportCcId);
  const auto run = [&](int frames, size_t answers_to_lose) {
    std::vector<uint16_t> answers;
    for (int i = 0; i < frames * 40; ++i) {
      if (i % 40 == 0) meeting.camera.send_frame(meeting.world.peer(1), false);
      meeting.world.run_for(millis(1));
      std::erase_if(subscriber.rtp, [&](const ReceivedRtp& packet) {
        const bool is_lost = packet.view.ssrc == 6001 && answers.size() < answers_to_lose;
        if (is_lost) answers.push_back(*rtp::original_sequence(packet.view));
        return is_lost;
      });
      reporter.step(meeting.world.now());
    }
    return answers;
  };
  meeting.camera.send_frame(meeting.world.peer(1), true);
  run(10, 0);
  const auto first = std::find_if(subscriber.rtp.begin(), subscriber.rtp.end(),
                                  [](const auto& it) { return it.view.ssrc == 5001; });
  ASSERT_NE(first, subscriber.rtp.end());
  const uint16_t wanted = first->view.sequence;
  Bytes nack(32);
  size_t taken = 0;
  const size_t size = wire::write_nack({1, 5001}, {&wanted, 1}, nack, taken);
  subscriber.send_rtcp(std::span(nack).first(size));
  EXPECT_EQ(run(20, 2), (std::vector<uint16_t>{wanted, wanted}));
  const auto answers = std::count_if(subscriber.rtp.begin(), subscriber.rtp.end(),
                                     [](const auto& it) { return it.view.ssrc == 6001; });
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(meeting.world.stats().nack_received, 1);
  EXPECT_EQ(meeting.world.stats().rtx_sent, 3);
}

// [TRN-13]
TEST(Repair, FillsFivePercentLossTowardsASubscriber) {
  Meeting meeting(7);
  meeting.begin_one_to_one({.to_shard = 0, .to_peer = 5});
  VirtualPeer& subscriber = meeting.world.peer(2);
  Viewer viewer(subscriber, 5001, 6001);
  for (int i = 0; i < 1000; ++i) {
    meeting.run_media(millis(20));
    viewer.step(meeting.world.now());
  }
  EXPECT_GT(viewer.numbers().size(), 950u);
  EXPECT_GT(viewer.repaired(), 20u);
  EXPECT_LE(missing(viewer.numbers()), 2u);
}

// [TRN-8], [TRN-12]
TEST(Repair, AsksThePublisherForWhatIsMissing) {
  Meeting meeting;
  meeting.join(1);
  meeting.join(2);
  meeting.publish_video(1, meeting.camera.ssrc(), 1112);
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.subscribe(1, 1, 1);
  meeting.run_media(millis(400));
  VirtualPeer& publisher = meeting.world.peer(1);
  const uint16_t lost = meeting.camera.next_sequence();
  meeting.camera.send_frame(publisher, false);
  publisher.outbox.erase(publisher.outbox.begin());
  meeting.camera.send_frame(publisher, false);
  meeting.world.run_for(millis(50));
  std::set<uint16_t> asked;
  for (const Bytes& compound : publisher.rtcp) {
    wire::RtcpReader reader(compound);
    wire::RtcpBlock block;
    while (reader.next(block)) {
      wire::Nack nack;
      wire::NackSequences sequences;
      if (block.type != wire::RtcpType::kTransportFeedback || block.count != wire::kNackFormat) {
        continue;
      }
      ASSERT_EQ(wire::parse_nack(block, nack, sequences), wire::ParseError::kNone);
      EXPECT_EQ(nack.media_ssrc, meeting.camera.ssrc());
      uint16_t sequence = 0;
      while (sequences.next(sequence)) asked.insert(sequence);
    }
  }
  EXPECT_EQ(asked, std::set<uint16_t>{lost});
  const size_t before = meeting.world.peer(2).rtp.size();
  meeting.camera.resend(publisher, lost, 1112);
  meeting.world.run_for(millis(5));
  ASSERT_EQ(meeting.world.peer(2).rtp.size(), before + 1);
  const ReceivedRtp& repaired = meeting.world.peer(2).rtp.back();
  EXPECT_EQ(repaired.view.ssrc, 5001u);
  EXPECT_EQ(base::load_u16(repaired.view.payload().data() + 5), lost);
}

// [TRN-11]
TEST(Repair, LetsAtMostTwoKeyFrameRequestsASecondThrough) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  const size_t before = meeting.key_frame_requests;
  VirtualPeer& subscriber = meeting.world.peer(2);
  for (int i = 0; i < 500; ++i) {
    for (int j = 0; j < 100; ++j) send_pli(subscriber, 5001);
    meeting.run_media(millis(10));
  }
  // One subscriber has three in ten seconds.
  EXPECT_EQ(meeting.key_frame_requests - before, 3u);
  EXPECT_EQ(meeting.world.stats().pli_received, 50000);
}

// [TRN-13]
TEST(Repair, SurvivesANackStorm) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  VirtualPeer& subscriber = meeting.world.peer(2);
  std::array<uint16_t, 500> all;
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i * 17);
  Bytes nack(1100);
  for (int i = 0; i < 200; ++i) {
    size_t taken = 0;
    const size_t size = wire::write_nack({1, 5001}, all, nack, taken);
    subscriber.send_rtcp(std::span(nack).first(size));
    meeting.run_media(millis(20));
  }
  const auto stats = meeting.world.stats();
  EXPECT_EQ(stats.nack_received, 200);
  EXPECT_LT(stats.rtx_sent, stats.rtp_forwarded);
}

// [TRN-10]
TEST(Repair, ReportsToThePublisher) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(5));
  size_t receiver_reports = 0;
  size_t feedback = 0;
  for (const Bytes& compound : meeting.world.peer(1).rtcp) {
    wire::RtcpReader reader(compound);
    wire::RtcpBlock block;
    while (reader.next(block)) {
      receiver_reports += block.type == wire::RtcpType::kReceiverReport ? 1 : 0;
      if (block.type != wire::RtcpType::kTransportFeedback) continue;
      wire::TransportCc message;
      wire::TransportCcReader packets;
      EXPECT_EQ(wire::parse_transport_cc(block, message, packets), wire::ParseError::kNone);
      ++feedback;
    }
  }
  EXPECT_GE(receiver_reports, 3u);
  EXPECT_GE(feedback, 20u);
  EXPECT_LE(feedback, 110u);
}

}  // namespace
