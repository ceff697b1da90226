// Media from a publisher to its subscribers through real ICE, DTLS and SRTP, in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "testing/meeting.h"
#include "wire/rtcp.h"
#include "wire/rtcp_sender_report.h"

namespace {

using testing_support::handle;
using testing_support::Meeting;
using testing_support::ReceivedRtp;
using testing_support::VirtualPeer;

constexpr auto seconds = base::Duration::seconds;
constexpr auto millis = base::Duration::millis;

size_t count_ssrc(const VirtualPeer& peer, uint32_t ssrc) {
  return static_cast<size_t>(std::count_if(
      peer.rtp.begin(), peer.rtp.end(), [ssrc](const auto& it) { return it.view.ssrc == ssrc; }));
}

const ReceivedRtp* last_of(const VirtualPeer& peer, uint32_t ssrc) {
  const auto found = std::find_if(peer.rtp.rbegin(), peer.rtp.rend(),
                                  [ssrc](const auto& it) { return it.view.ssrc == ssrc; });
  return found == peer.rtp.rend() ? nullptr : &*found;
}

std::string_view mid_of(const ReceivedRtp& packet) {
  const auto value = packet.view.extensions().find(testing_support::kMidId);
  if (!value) return "";
  return {reinterpret_cast<const char*>(value->data()), value->size()};
}

// [ENG-5], [TRN-9]
TEST(Forwarding, BringsVideoAndAudioToTheSubscriber) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(2));
  const VirtualPeer& subscriber = meeting.world.peer(2);
  EXPECT_EQ(subscriber.undecryptable, 0u);
  EXPECT_EQ(count_ssrc(subscriber, 5001), 100u);
  EXPECT_EQ(count_ssrc(subscriber, 5002), 100u);
  EXPECT_EQ(meeting.world.streams_started.size(), 2u);
}

// [ENG-5]
TEST(Forwarding, WritesTheSlotsOwnHeader) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  std::optional<uint16_t> last;
  for (const ReceivedRtp& packet : meeting.world.peer(2).rtp) {
    if (packet.view.ssrc != 5001) continue;
    EXPECT_EQ(mid_of(packet), "1");
    EXPECT_EQ(packet.view.payload_type, testing_support::kVp8);
    if (last) {
      EXPECT_EQ(packet.view.sequence, static_cast<uint16_t>(*last + 1));
    }
    last = packet.view.sequence;
  }
  EXPECT_TRUE(last);
}

// [ENG-6]
TEST(Forwarding, BeginsAtAKeyFrameThatItAskedFor) {
  Meeting meeting;
  meeting.join(1);
  meeting.join(2);
  meeting.publish_video(1);
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.run_media(seconds(1));
  meeting.subscribe(1, 1, 1);
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.key_frame_requests, 1u);
  const VirtualPeer& subscriber = meeting.world.peer(2);
  ASSERT_FALSE(subscriber.rtp.empty());
  // The descriptor has 4 bytes; the lowest bit of the frame header is 0 in key frames.
  EXPECT_EQ(subscriber.rtp.front().view.payload()[4] & 1, 0);
  EXPECT_GE(count_ssrc(subscriber, 5001), 46u);
}

// [ENG-15] Otherwise the key frame that was asked for is gone before its receiver is there.
TEST(Forwarding, BeginsWhenTheSubscriberIsConnected) {
  Meeting meeting;
  meeting.join(1);
  meeting.publish_video(1);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.run_media(seconds(1));
  meeting.join(2, {.to_shard = 100, .to_peer = 100});
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  meeting.subscribe(1, 1, 1);
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.key_frame_requests, 0u);
  meeting.world.set_loss(2, {});
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.key_frame_requests, 1u);
  EXPECT_EQ(meeting.world.stats().dropped_not_connected, 0);
  const VirtualPeer& subscriber = meeting.world.peer(2);
  ASSERT_FALSE(subscriber.rtp.empty());
  EXPECT_EQ(subscriber.rtp.front().view.payload()[4] & 1, 0);
  EXPECT_GE(count_ssrc(subscriber, 5001), 46u);
}

// [ENG-6]
TEST(Forwarding, SendsNothingOfAMutedPublication) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  meeting.set_muted(1, true);
  meeting.set_muted(2, true);
  const size_t before = meeting.world.peer(2).rtp.size();
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.world.peer(2).rtp.size(), before);
  EXPECT_GT(meeting.world.stats().dropped_muted, 90);
  EXPECT_EQ(meeting.key_frame_requests, 0u);
}

// [ENG-6]
TEST(Forwarding, GoesOnAtAKeyFrameWithContinuousNumbersAfterUnmuting) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  meeting.set_muted(1, true);
  meeting.run_media(seconds(1));
  const ReceivedRtp* last = last_of(meeting.world.peer(2), 5001);
  const uint16_t sequence = last->view.sequence;
  const uint32_t timestamp = last->view.timestamp;
  const size_t before = meeting.world.peer(2).rtp.size();
  meeting.set_muted(1, false);
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.key_frame_requests, 1u);
  const VirtualPeer& subscriber = meeting.world.peer(2);
  const auto next =
      std::find_if(subscriber.rtp.begin() + static_cast<std::ptrdiff_t>(before),
                   subscriber.rtp.end(), [](const auto& it) { return it.view.ssrc == 5001; });
  ASSERT_NE(next, subscriber.rtp.end());
  EXPECT_EQ(next->view.sequence, static_cast<uint16_t>(sequence + 1));
  EXPECT_GT(static_cast<int32_t>(next->view.timestamp - timestamp), 80000);
  EXPECT_EQ(next->view.payload()[4] & 1, 0);
}

// [ENG-6]
TEST(Forwarding, SendsNothingToAHiddenTile) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  meeting.set_active(1, false);
  const size_t before = count_ssrc(meeting.world.peer(2), 5001);
  meeting.run_media(seconds(2));
  EXPECT_EQ(count_ssrc(meeting.world.peer(2), 5001), before);
  EXPECT_GT(count_ssrc(meeting.world.peer(2), 5002), 100u);
  meeting.set_active(1, true);
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.key_frame_requests, 1u);
  EXPECT_GE(count_ssrc(meeting.world.peer(2), 5001), before + 46);
}

// [ENG-8]
TEST(Forwarding, TellsEachStateOfASubscriptionOnce) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  meeting.set_active(1, false);
  meeting.set_active(1, false);
  meeting.set_active(1, true);
  meeting.run_media(seconds(1));
  meeting.set_muted(1, true);
  using enum engine::SubscriptionState;
  std::vector<engine::SubscriptionState> states;
  for (const auto& event : meeting.world.subscription_states) {
    if (event.subscription == handle(1)) states.push_back(event.state);
  }
  EXPECT_EQ(states, (std::vector{kWaiting, kActive, kPaused, kWaiting, kActive, kPaused}));
  EXPECT_EQ(meeting.world.subscription_states.back().reason, engine::SubscriptionReason::kMuted);
}

// [ENG-7]
TEST(Forwarding, PausesWhatTheSubscriberCannotDecode) {
  Meeting meeting;
  meeting.begin_one_to_one();
  const engine::Codec h264 = testing_support::h264_codec();
  meeting.world.submit(
      engine::OutboundCreateCommand{.outbound = handle(9),
                                    .transport = handle(2),
                                    .kind = engine::MediaKind::kVideo,
                                    .mid = "9",
                                    .ssrc = 5009,
                                    .rtx_ssrc = 0,
                                    .cname = "plenum",
                                    .codecs = engine::List<engine::Codec>(std::span(&h264, 1))});
  EXPECT_EQ(meeting.subscribe(9, 1, 9), engine::CommandStatus::kOk);
  meeting.run_media(seconds(1));
  EXPECT_EQ(count_ssrc(meeting.world.peer(2), 5009), 0u);
  const auto& last = meeting.world.subscription_states;
  const auto found = std::find_if(last.rbegin(), last.rend(), [](const auto& event) {
    return event.subscription == handle(9);
  });
  ASSERT_NE(found, last.rend());
  EXPECT_EQ(found->reason, engine::SubscriptionReason::kCodecUnsupported);
}

// [ENG-10]
TEST(Forwarding, ReusesASlotForAnotherPublicationWithContinuousNumbers) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.join(3);
  ASSERT_TRUE(meeting.world.connect_all());
  EXPECT_EQ(meeting.publish_video(3, 0, 0, 3), engine::CommandStatus::kOk);
  meeting.run_media(seconds(1));
  const uint16_t sequence = last_of(meeting.world.peer(2), 5001)->view.sequence;
  meeting.world.submit(engine::SubscriptionCloseCommand{handle(1)});
  EXPECT_EQ(meeting.subscribe(3, 3, 1), engine::CommandStatus::kOk);
  testing_support::VideoSource other(3333, "0", 7);
  const size_t before = meeting.world.peer(2).rtp.size();
  other.send_frame(meeting.world.peer(3), true);
  meeting.world.run_for(millis(5));
  const VirtualPeer& subscriber = meeting.world.peer(2);
  ASSERT_EQ(subscriber.rtp.size(), before + 2);
  EXPECT_EQ(subscriber.rtp[before].view.ssrc, 5001u);
  EXPECT_EQ(subscriber.rtp[before].view.sequence, static_cast<uint16_t>(sequence + 1));
}

// [ENG-5], [TRN-11]
TEST(Forwarding, ServesManySubscribersOfOnePublication) {
  Meeting meeting;
  meeting.join(1);
  meeting.publish_video(1);
  for (uint32_t i = 2; i < 22; ++i) {
    meeting.join(i);
    meeting.add_slot(i, i, engine::MediaKind::kVideo);
  }
  ASSERT_TRUE(meeting.world.connect_all());
  for (uint32_t i = 2; i < 22; ++i) meeting.subscribe(i, 1, i);
  meeting.run_media(seconds(1));
  for (uint32_t i = 2; i < 22; ++i) {
    EXPECT_EQ(count_ssrc(meeting.world.peer(i), 5000 + i), 50u) << i;
    EXPECT_EQ(meeting.world.peer(i).undecryptable, 0u);
  }
  EXPECT_LE(meeting.key_frame_requests, 1u);
}

// [ENG-11]
TEST(Forwarding, TellsWhoSpeaks) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(3), 20);
  EXPECT_GT(meeting.world.audio_level_events, 3u);
  EXPECT_EQ(meeting.world.dominant, handle(2));
  meeting.run_media(seconds(3), 127);
  const size_t events = meeting.world.audio_level_events;
  meeting.run_media(seconds(3), 127);
  EXPECT_EQ(meeting.world.audio_level_events, events) << "readings while nobody speaks";
  EXPECT_TRUE(meeting.world.dominant.is_none());
}

// [TRN-14]
TEST(Forwarding, SendsSenderReportsThatFollowThePublishers) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(5));
  size_t reports = 0;
  for (const auto& compound : meeting.world.peer(2).rtcp) {
    wire::RtcpReader reader(compound);
    wire::RtcpBlock block;
    while (reader.next(block)) {
      wire::SenderReport report;
      wire::ReportBlocks blocks;
      if (block.type != wire::RtcpType::kSenderReport) continue;
      ASSERT_EQ(wire::parse_sender_report(block, report, blocks), wire::ParseError::kNone);
      if (report.ssrc == 5001) ++reports;
    }
  }
  EXPECT_GE(reports, 2u);
}

// [ENG-9]
TEST(Forwarding, ClimbsToTheHighestEncodingOfASimulcastTrack) {
  Meeting meeting;
  meeting.join(1);
  meeting.join(2);
  const engine::Codec codec = testing_support::vp8_codec();
  const std::array encodings{engine::Encoding{"q", 0, 0}, engine::Encoding{"h", 0, 0},
                             engine::Encoding{"f", 0, 0}};
  EXPECT_EQ(meeting.world.submit(engine::PublicationCreateCommand{
                .publication = handle(1),
                .room = handle(0),
                .transport = handle(1),
                .kind = engine::MediaKind::kVideo,
                .mid = "0",
                .codecs = engine::List<engine::Codec>(std::span(&codec, 1)),
                .encodings = engine::List<engine::Encoding>(std::span(encodings)),
                .muted = false,
                .always_forwarded = false}),
            engine::CommandStatus::kOk);
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.subscribe(1, 1, 1);
  VirtualPeer& publisher = meeting.world.peer(1);
  const auto send = [&](uint32_t ssrc, std::string_view rid, uint16_t sequence) {
    testing_support::Bytes payload(100, 0);
    payload[0] = 0x10;
    const auto mid = testing_support::from_text("0");
    const auto rid_bytes = testing_support::from_text(rid);
    const std::array<wire::ExtensionElement, 2> owned{
        {{testing_support::kMidId, mid}, {testing_support::kRidId, rid_bytes}}};
    publisher.send_rtp({.timestamp = sequence * 3000u,
                        .ssrc = ssrc,
                        .sequence = sequence,
                        .payload_type = testing_support::kVp8,
                        .marker = true},
                       owned, payload);
  };
  for (uint16_t i = 0; i < 10; ++i) {
    send(10, "q", i);
    send(20, "h", i);
    send(30, "f", i);
    meeting.world.run_for(millis(30));
  }
  EXPECT_EQ(meeting.world.streams_started.size(), 3u);
  // One key frame of each on the way up, then those of the highest.
  EXPECT_EQ(count_ssrc(meeting.world.peer(2), 5001), 12u);
}

// [ENG-5] [TRN-16]
TEST(Forwarding, SendsMoreThanOneSlabHolds) {
  constexpr uint32_t kSubscribers = 40;
  Meeting meeting;
  meeting.join(1);
  meeting.publish_video(1);
  for (uint32_t i = 2; i < 2 + kSubscribers; ++i) {
    meeting.join(i);
    meeting.add_slot(i, i, engine::MediaKind::kVideo);
  }
  ASSERT_TRUE(meeting.world.connect_all());
  for (uint32_t i = 2; i < 2 + kSubscribers; ++i) meeting.subscribe(i, 1, i);
  constexpr size_t kFrames = 20;
  static_assert(kFrames * 2 * kSubscribers * 900 > transport::SendSlab::kCapacity);
  for (size_t i = 0; i < kFrames; ++i) meeting.camera.send_frame(meeting.world.peer(1), i == 0);
  meeting.world.run_for(millis(2));
  for (uint32_t i = 2; i < 2 + kSubscribers; ++i) {
    EXPECT_EQ(count_ssrc(meeting.world.peer(i), 5000 + i), 2 * kFrames);
  }
  EXPECT_EQ(meeting.world.stats().dropped_slab_full, 0);
}

// [TRN-9] [ENG-7]
TEST(Forwarding, FollowsThePublisherToAnotherCodec) {
  Meeting meeting;
  meeting.join(1);
  meeting.join(2);
  meeting.publish_video(1, meeting.camera.ssrc());
  const std::array codecs{testing_support::vp8_codec(), testing_support::h264_codec()};
  meeting.world.submit(
      engine::OutboundCreateCommand{.outbound = handle(1),
                                    .transport = handle(2),
                                    .kind = engine::MediaKind::kVideo,
                                    .mid = "1",
                                    .ssrc = 5001,
                                    .rtx_ssrc = 0,
                                    .cname = "plenum",
                                    .codecs = engine::List<engine::Codec>(std::span(codecs))});
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.subscribe(1, 1, 1);
  meeting.camera.send_frame(meeting.world.peer(1), true);
  meeting.world.run_for(millis(40));
  testing_support::Bytes parameter_sets(40, 0);
  parameter_sets[0] = 0x67;  // NAL unit type 7: SPS (RFC 6184 §1.3)
  const uint16_t sequence = meeting.camera.next_sequence();
  for (uint16_t i = 0; i < 2; ++i) {
    meeting.world.peer(1).send_rtp({.timestamp = meeting.camera.timestamp(),
                                    .ssrc = meeting.camera.ssrc(),
                                    .sequence = static_cast<uint16_t>(sequence + i),
                                    .payload_type = testing_support::kH264,
                                    .marker = i == 1},
                                   {}, parameter_sets);
  }
  meeting.world.run_for(millis(5));
  ASSERT_EQ(meeting.world.streams_started.size(), 2u);
  EXPECT_EQ(meeting.world.streams_started.back().codec, engine::CodecKind::kH264);
  const auto& received = meeting.world.peer(2).rtp;
  ASSERT_EQ(received.size(), 4u);
  EXPECT_EQ(received[3].view.payload_type, testing_support::kH264);
  EXPECT_EQ(received[3].view.sequence, static_cast<uint16_t>(received[0].view.sequence + 3));
}

// [TRN-9]
TEST(Forwarding, TellsWhenAStreamFallsSilentAndWhenItIsBack) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  meeting.world.run_for(seconds(6));
  ASSERT_EQ(meeting.world.streams_ended.size(), 2u);
  EXPECT_EQ(meeting.world.streams_ended[0].reason, engine::StreamEndReason::kSilent);
  const size_t started = meeting.world.streams_started.size();
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.world.streams_started.size(), started + 2);
}

}  // namespace
