// What JavaScript's controller hears of a subscriber's transport: joined feedback, REMB and
// receiver reports, through real ICE, DTLS and SRTP on virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "testing/meeting.h"
#include "testing/twcc_reporter.h"
#include "wire/rtcp_receiver_report.h"
#include "wire/rtcp_remb.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::SeenFeedback;
using testing_support::TwccReporter;

constexpr auto millis = base::Duration::millis;

void run_reported(Meeting& meeting, TwccReporter& reporter, int frames) {
  for (int i = 0; i < frames * 40; ++i) {
    if (i % 40 == 0) meeting.camera.send_frame(meeting.world.peer(1), i == 0);
    if (i % 20 == 0) meeting.microphone.send_packet(meeting.world.peer(1), 20);
    meeting.world.run_for(millis(1));
    reporter.step(meeting.world.now());
  }
}

// [TRN-17] R0.1: one event per message, each packet once, in order, at the size it had on the wire.
TEST(CongestionFeedback, JoinsWhatTheSubscriberReports) {
  Meeting meeting;
  meeting.begin_one_to_one();
  TwccReporter reporter(meeting.world.peer(2), testing_support::kTransportCcId);
  run_reported(meeting, reporter, 50);
  const auto& events = meeting.world.feedback;
  EXPECT_EQ(static_cast<double>(events.size()), meeting.world.stats().twcc_feedback_received);
  EXPECT_GT(events.size(), 15u);
  std::set<double> numbers;
  double last_feedback = 0;
  for (const SeenFeedback& event : events) {
    EXPECT_EQ(event.transport, handle(2));
    EXPECT_GT(event.feedback_us, last_feedback);
    last_feedback = event.feedback_us;
    ASSERT_EQ(event.sequences.size(), event.sent_us.size());
    ASSERT_EQ(event.sequences.size(), event.received_us.size());
    ASSERT_EQ(event.sequences.size(), event.sizes.size());
    ASSERT_EQ(event.sequences.size(), event.clusters.size());
    ASSERT_EQ(event.sequences.size(), event.flags.size());
    for (const double number : event.sequences) EXPECT_TRUE(numbers.insert(number).second);
    for (const double at : event.sent_us) EXPECT_LE(at, event.last_sent_us);
    EXPECT_TRUE(std::is_sorted(event.sequences.begin(), event.sequences.end()));
  }
  // 50 frames of two packets and 100 of Opus, but for what the last message had not seen.
  EXPECT_GT(numbers.size(), 190u);
  EXPECT_EQ(*numbers.rbegin() + 1, static_cast<double>(numbers.size()));
}

// [TRN-17] A packet of video: header 12, extensions, payload 900, tag 16, IPv4 and UDP 28.
TEST(CongestionFeedback, CountsBytesOnTheWire) {
  Meeting meeting;
  meeting.begin_one_to_one();
  TwccReporter reporter(meeting.world.peer(2), testing_support::kTransportCcId);
  run_reported(meeting, reporter, 25);
  double in_columns = 0;
  double in_bins = 0;
  for (const SeenFeedback& event : meeting.world.feedback) {
    for (const uint32_t size : event.sizes) in_columns += size;
    for (const uint32_t bytes : event.sent_bin_bytes) in_bins += bytes;
    for (const double start : event.sent_bin_us) EXPECT_EQ(std::fmod(start, 5000), 0);
    for (size_t i = 0; i < event.sizes.size(); ++i) {
      const bool audio = (event.flags[i] & 1) != 0;
      EXPECT_GE(event.sizes[i], (audio ? 80u : 900u) + 12 + 16 + 28);
      EXPECT_LE(event.sizes[i], (audio ? 80u : 900u) + 12 + 16 + 28 + 32);
    }
  }
  EXPECT_GT(in_columns, 0);
  EXPECT_NEAR(in_columns, in_bins, 3000);
}

// [TRN-17] What was lost on the way is reported so, and stays in no one's flight.
TEST(CongestionFeedback, TellsLosses) {
  Meeting meeting(3);
  meeting.begin_one_to_one({.to_shard = 0, .to_peer = 10});
  TwccReporter reporter(meeting.world.peer(2), testing_support::kTransportCcId);
  run_reported(meeting, reporter, 100);
  size_t lost = 0;
  size_t received = 0;
  for (const SeenFeedback& event : meeting.world.feedback) {
    for (const double at : event.received_us) ++(std::isnan(at) ? lost : received);
    EXPECT_LT(event.data_in_flight, 10'000u);
  }
  EXPECT_GT(lost, 15u);
  EXPECT_NEAR(static_cast<double>(lost) / static_cast<double>(lost + received), 0.1, 0.05);
}

// R1.17
TEST(RemoteEstimate, PassesRembOn) {
  Meeting meeting;
  meeting.begin_one_to_one();
  Bytes remb(64);
  const uint32_t ssrc = 5001;
  const size_t size = wire::write_remb({1, 750'000}, {&ssrc, 1}, remb);
  meeting.world.peer(2).send_rtcp(std::span(remb).first(size));
  meeting.world.run_for(millis(2));
  ASSERT_EQ(meeting.world.remote_estimates.size(), 1u);
  EXPECT_EQ(meeting.world.remote_estimates[0].transport, handle(2));
  EXPECT_EQ(meeting.world.remote_estimates[0].bitrate_bps, 750'000);
}

void send_report(Meeting& meeting, uint32_t highest, int32_t lost) {
  Bytes packet(128);
  const std::array<wire::ReportBlock, 2> blocks{
      {{.ssrc = 5001, .cumulative_lost = lost, .extended_highest_sequence = highest},
       {.ssrc = 5002, .cumulative_lost = 2 * lost, .extended_highest_sequence = 2 * highest}}};
  const size_t size = wire::write_receiver_report({1}, blocks, packet);
  meeting.world.peer(2).send_rtcp(std::span(packet).first(size));
  meeting.world.run_for(millis(2));
}

// R7.10
TEST(Reception, SumsUpOverTheSubscribersStreams) {
  Meeting meeting;
  meeting.begin_one_to_one();
  send_report(meeting, 1000, 10);
  EXPECT_TRUE(meeting.world.receptions.empty());  // nothing to compare with
  send_report(meeting, 1100, 15);
  send_report(meeting, 1050, 15);  // came late
  ASSERT_EQ(meeting.world.receptions.size(), 1u);
  EXPECT_EQ(meeting.world.receptions[0].expected, 300u);
  EXPECT_EQ(meeting.world.receptions[0].lost, 15u);
  EXPECT_EQ(meeting.world.receptions[0].rtt_us, 0);
}

}  // namespace
