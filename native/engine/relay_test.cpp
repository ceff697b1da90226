// One room over several shards: what a subscriber on another shard gets, asks for and misses.
// Rules: SPEC.md, [REL-*].
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/relay_link.h"
#include "testing/meeting.h"
#include "testing/simulcast.h"
#include "testing/viewer.h"
#include "wire/rtcp_pli.h"

namespace engine {
namespace {

using base::Duration;
using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::ReceivedRtp;
using testing_support::SimulcastCamera;
using testing_support::VirtualPeer;

// Publisher 1 on shard 0, subscriber 2 on the last of `shards`, with camera (publication 1, slot 1)
// and microphone (publication 2, slot 2).
class Apart {
 public:
  explicit Apart(size_t shards = 2, testing_support::Loss loss = {})
      : meeting(1, shards), there(shards - 1) {
    meeting.join(1);
    meeting.join(2, loss, there);
    meeting.publish_video(1);
    meeting.publish_audio(2);
    meeting.add_slot(1, 2, MediaKind::kVideo);
    meeting.add_slot(2, 2, MediaKind::kAudio);
    meeting.world.connect_all();
    if (there != 0) {
      meeting.relay_video(1, 0, there);
      meeting.relay_audio(2, 0, there);
    }
    meeting.subscribe(1, 1, 1);
    meeting.subscribe(2, 2, 2);
  }

  std::vector<ReceivedRtp> take(uint32_t ssrc) {
    std::vector<ReceivedRtp> packets;
    for (const ReceivedRtp& packet : meeting.world.peer(2).rtp) {
      if (packet.view.ssrc == ssrc) packets.push_back(packet);
    }
    return packets;
  }
  void lose_picture() {
    Bytes pli(12);
    wire::write_pli({.sender_ssrc = 1, .media_ssrc = 5001}, pli);
    meeting.world.peer(2).send_rtcp(pli);
  }
  // No packet of one shard is held or lent any more, a second after the last.
  void expect_all_home() {
    meeting.world.run_for(Duration::seconds(4));
    for (size_t i = 0; i <= there; ++i) {
      EXPECT_EQ(meeting.world.shard(i).packets().blocks_in_use(), 0u) << i;
      EXPECT_EQ(meeting.world.shard(i).packets().borrowed(), 0u) << i;
      for (const RelayLink* link : meeting.world.relays(i).to) {
        if (link != nullptr) EXPECT_EQ(link->lent(), 0u) << i;
      }
    }
  }

  Meeting meeting;
  size_t there;
};

// What is the same whatever the first sequence number, which is random.
Bytes comparable(const ReceivedRtp& packet, uint16_t first) {
  Bytes bytes = packet.bytes;
  const auto number = static_cast<uint16_t>(packet.view.sequence - first);
  bytes[2] = static_cast<uint8_t>(number >> 8);
  bytes[3] = static_cast<uint8_t>(number);
  return bytes;
}

// [REL-1]: not a byte differs from what one shard sends, headers and extensions included.
TEST(Relay, SubscriberOnAnotherShardGetsTheSameBytes) {
  Apart one(1);
  Apart two(2);
  for (Apart* it : {&one, &two}) it->meeting.run_media(Duration::seconds(3));
  for (const uint32_t ssrc : {5001u, 5002u}) {
    const auto expected = one.take(ssrc);
    const auto got = two.take(ssrc);
    ASSERT_GT(expected.size(), 100u);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(comparable(got[i], got[0].view.sequence),
                comparable(expected[i], expected[0].view.sequence))
          << ssrc << " " << i;
    }
  }
  const ShardStats publisher = two.meeting.world.stats(0);
  const ShardStats subscriber = two.meeting.world.stats(1);
  EXPECT_EQ(publisher.relayed_out, subscriber.relayed_in);
  EXPECT_GT(publisher.relayed_out, 250);
  EXPECT_EQ(publisher.rtp_forwarded, 0);
  EXPECT_EQ(one.meeting.key_frame_requests, two.meeting.key_frame_requests);
  two.expect_all_home();
}

// [REL-2]: either side may be made first.
TEST(Relay, BeginsWhicheverSideIsMadeFirst) {
  for (const bool receiver_first : {false, true}) {
    for (const bool media_before : {false, true}) {
      Meeting meeting(1, 2);
      meeting.join(1);
      meeting.join(2, {}, 1);
      meeting.publish_video(1);
      meeting.add_slot(1, 2, MediaKind::kVideo);
      meeting.world.connect_all();
      if (media_before) meeting.run_media(Duration::millis(500));
      if (!receiver_first) {
        EXPECT_EQ(meeting.open_relay(1, 0, 1), CommandStatus::kOk);
        meeting.run_media(Duration::millis(100));
      }
      EXPECT_EQ(meeting.receive_relay(1, 0, 1, MediaKind::kVideo), CommandStatus::kOk);
      EXPECT_EQ(meeting.subscribe(1, 1, 1), CommandStatus::kOk);
      if (receiver_first) {
        meeting.run_media(Duration::millis(100));
        EXPECT_EQ(meeting.open_relay(1, 0, 1), CommandStatus::kOk);
      }
      meeting.run_media(Duration::seconds(1));
      EXPECT_GT(meeting.world.peer(2).rtp.size(), 40u) << receiver_first << media_before;
    }
  }
}

TEST(Relay, RefusesWhatMakesNoSense) {
  Meeting meeting(1, 2);
  meeting.join(1);
  meeting.publish_video(1);
  EXPECT_EQ(meeting.open_relay(1, 0, 0), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.open_relay(1, 0, 2), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.open_relay(7, 0, 1), CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.open_relay(1, 0, 1), CommandStatus::kOk);
  EXPECT_EQ(meeting.open_relay(1, 0, 1), CommandStatus::kWrongState);
  EXPECT_EQ(meeting.receive_relay(1, 1, 1, MediaKind::kVideo), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.receive_relay(1, 0, 1, MediaKind::kVideo, 0), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.receive_relay(1, 0, 1, MediaKind::kVideo), CommandStatus::kOk);
  EXPECT_EQ(meeting.receive_relay(1, 0, 1, MediaKind::kVideo), CommandStatus::kHandleInUse);
  EXPECT_EQ(meeting.world.submit(PublicationSetCommand{handle(1, 1), true}, 1),
            CommandStatus::kWrongState);
  EXPECT_EQ(meeting.world.submit(RelayCreateCommand{handle(1, 1), handle(9, 0)}, 1),
            CommandStatus::kWrongState);
  EXPECT_EQ(meeting.world.submit(RelayCloseCommand{handle(1), handle(2, 1)}),
            CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.world.submit(RelayCloseCommand{handle(1), handle(1, 1)}), CommandStatus::kOk);
}

// One shard alone has no links.
TEST(Relay, OneShardRefusesRelays) {
  Meeting meeting;
  meeting.join(1);
  meeting.publish_video(1);
  EXPECT_EQ(meeting.open_relay(1, 0, 1), CommandStatus::kInvalidArgument);
}

// [REL-3]: nobody there looks, so nothing crosses; whoever looks again begins with a key frame.
TEST(Relay, VideoThatNobodyReceivesDoesNotCross) {
  Apart apart;
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.meeting.set_active(1, false, 1), CommandStatus::kOk);
  apart.meeting.run_media(Duration::millis(40));
  const double crossed = apart.meeting.world.stats(0).relayed_out;
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.meeting.world.stats(0).relayed_out - crossed, 50);  // sound alone
  const size_t before = apart.take(5001).size();
  const size_t requests = apart.meeting.key_frame_requests;
  apart.meeting.set_active(1, true, 1);
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_GT(apart.take(5001).size(), before + 40);
  EXPECT_EQ(apart.meeting.key_frame_requests, requests + 1);
}

// [REL-4]: a PLI there is a request here.
TEST(Relay, PictureLossReachesThePublisher) {
  Apart apart;
  apart.meeting.run_media(Duration::seconds(2));
  const size_t requests = apart.meeting.key_frame_requests;
  apart.lose_picture();
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.meeting.key_frame_requests, requests + 1);
  apart.lose_picture();
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.meeting.key_frame_requests, requests + 2);
}

// Subscribers of both shards that need one at once cost the publisher one.
TEST(Relay, KeyFramesAreThrottledOverAllShards) {
  Apart apart;
  apart.meeting.join(3);
  apart.meeting.add_slot(3, 3, MediaKind::kVideo);
  apart.meeting.world.connect_all();
  apart.meeting.subscribe(3, 1, 3);
  apart.meeting.run_media(Duration::seconds(2));
  const size_t requests = apart.meeting.key_frame_requests;
  apart.lose_picture();
  Bytes pli(12);
  wire::write_pli({.sender_ssrc = 1, .media_ssrc = 5003}, pli);
  apart.meeting.world.peer(3).send_rtcp(pli);
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.meeting.key_frame_requests, requests + 1);
}

// [REL-5]: what a subscriber misses is sent again from its own shard, out of borrowed packets.
TEST(Relay, LossTowardsTheSubscriberIsRepairedThere) {
  Apart apart(2, {.to_peer = 5});
  testing_support::Viewer viewer(apart.meeting.world.peer(2), 5001, 6001);
  for (int i = 0; i < 400; ++i) {
    apart.meeting.run_media(Duration::millis(40));
    viewer.step(apart.meeting.world.now());
  }
  EXPECT_GT(viewer.repaired(), 20u);
  const auto& numbers = viewer.numbers();
  const auto span = static_cast<size_t>(*numbers.rbegin() - *numbers.begin() + 1);
  EXPECT_LE(span - numbers.size(), 5u);
  apart.expect_all_home();
}

// What the publisher loses is asked for where it is published, and crosses when it has come.
TEST(Relay, LossFromThePublisherIsRepairedForBoth) {
  Meeting meeting(1, 2);
  meeting.join(1);
  meeting.join(2, {}, 1);
  meeting.publish_video(1, 1111, 1112);
  meeting.add_slot(1, 2, MediaKind::kVideo);
  meeting.world.connect_all();
  meeting.relay_video(1, 0, 1);
  meeting.subscribe(1, 1, 1);
  meeting.run_media(Duration::seconds(1));
  const uint16_t lost = meeting.camera.next_sequence();
  meeting.world.set_loss(1, {.to_shard = 100});
  meeting.run_media(Duration::millis(1));
  meeting.world.set_loss(1, {});
  meeting.run_media(Duration::millis(79));
  EXPECT_GT(meeting.world.stats(0).nack_sent, 0);
  const size_t before = meeting.world.peer(2).rtp.size();
  meeting.camera.resend(meeting.world.peer(1), lost, 1112);
  meeting.world.run_for(Duration::millis(5));
  EXPECT_EQ(meeting.world.peer(2).rtp.size(), before + 1);
}

// [REL-6]: encodings that nobody there can use stay where they are; a switch brings the other one.
TEST(Relay, SimulcastSwitchesAcrossShards) {
  Meeting meeting(1, 2);
  meeting.join(1);
  meeting.join(2, {}, 1);
  SimulcastCamera camera;
  camera.publish(meeting, 1);
  meeting.add_slot(1, 2, MediaKind::kVideo);
  meeting.world.connect_all();
  meeting.relay_video(1, 0, 1, 3);
  meeting.subscribe(1, 1, 1);
  camera.run(meeting, Duration::seconds(3));
  ASSERT_FALSE(meeting.world.subscription_states.empty());
  EXPECT_EQ(meeting.world.subscription_states.back().spatial, 2);
  const double at_top = meeting.world.stats(0).relayed_out;
  camera.run(meeting, Duration::seconds(2));
  EXPECT_EQ(meeting.world.stats(0).relayed_out - at_top, 100);  // 50 frames of 2: one encoding
  const auto aim = [&](uint8_t spatial) {
    meeting.world.submit(
        SubscriptionSetCommand{handle(1, 1), true, SubscriptionReason::kNone, spatial, 255, 1}, 1);
    camera.run(meeting, Duration::seconds(3));
    EXPECT_EQ(meeting.world.subscription_states.back().spatial, spatial);
  };
  aim(0);
  aim(1);
  aim(2);
  camera.stopped[2] = true;  // it dies: its shard says so, the other goes down
  camera.run(meeting, Duration::seconds(4));
  EXPECT_EQ(meeting.world.subscription_states.back().spatial, 1);
  EXPECT_GT(camera.plis[1], 0u);
}

// [REL-7]: the publication's own shard says that it is muted, in order with its packets.
TEST(Relay, MutingIsTold) {
  Apart apart;
  apart.meeting.run_media(Duration::seconds(1));
  apart.meeting.set_muted(1, true);
  apart.meeting.run_media(Duration::seconds(1));
  const auto& states = apart.meeting.world.subscription_states;
  EXPECT_EQ(states.back().reason, SubscriptionReason::kMuted);
  const size_t before = apart.take(5001).size();
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.take(5001).size(), before);
  apart.meeting.set_muted(1, false);
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(states.back().state, SubscriptionState::kActive);
  EXPECT_GT(apart.take(5001).size(), before + 40);
}

// [REL-8]: three microphones on three shards, each heard on each; the home alone tells who speaks.
TEST(Relay, TheLoudestAreTheSameOnEveryShard) {
  Meeting meeting(1, 3);
  meeting.make_room(1, false);
  std::array<testing_support::AudioSource, 3> microphones{testing_support::AudioSource(2001, "1"),
                                                          testing_support::AudioSource(2002, "1"),
                                                          testing_support::AudioSource(2003, "1")};
  for (uint32_t i = 0; i < 3; ++i) {
    meeting.join(1 + i, {}, i);
    meeting.publish_audio(1 + i, 1 + i);
    for (uint32_t other = 0; other < 2; ++other) {
      meeting.add_slot(10 * (i + 1) + other, 1 + i, MediaKind::kAudio);
    }
  }
  meeting.world.connect_all();
  for (uint32_t i = 0; i < 3; ++i) {
    for (uint32_t other = 0; other < 2; ++other) {
      const uint32_t to = (i + 1 + other) % 3;
      meeting.relay_audio(1 + i, i, to);
      meeting.subscribe(10 * (to + 1) + (1 - other), 1 + i, 10 * (to + 1) + (1 - other));
    }
  }
  int64_t step = 0;
  size_t loudest = 1;
  const auto run = [&](Duration span) {
    meeting.world.run_for(span, [&] {
      if (step++ % 20 != 0) return;
      for (uint32_t i = 0; i < 3; ++i) {
        microphones[i].send_packet(meeting.world.peer(1 + i), i == loudest ? 10 : 127);
      }
    });
  };
  run(Duration::seconds(2));
  EXPECT_EQ(meeting.world.dominant, handle(2, 0));  // as it is called at the home
  const size_t events = meeting.world.audio_level_events;
  EXPECT_GE(events, 5u);
  EXPECT_LE(events, 8u);  // one room's worth, not three
  std::array<size_t, 3> before{};
  for (uint32_t i = 0; i < 3; ++i) before[i] = meeting.world.peer(1 + i).rtp.size();
  run(Duration::seconds(1));
  EXPECT_EQ(meeting.world.peer(1).rtp.size() - before[0], 50u);
  EXPECT_EQ(meeting.world.peer(2).rtp.size() - before[1], 0u);  // its own voice
  EXPECT_EQ(meeting.world.peer(3).rtp.size() - before[2], 50u);
  loudest = 2;
  run(Duration::seconds(3));
  EXPECT_EQ(meeting.world.dominant, handle(3, 0));
}

// [REL-9]: whatever ends first, while packets are lent: nothing leaks and nothing is used after.
TEST(Relay, EndsInAnyOrder) {
  using Step = void (*)(Meeting&);
  const std::array<Step, 6> steps{
      [](Meeting& it) {
        it.world.submit(RelayCloseCommand{handle(1), handle(1, 1)});
      },
      [](Meeting& it) { it.world.submit(PublicationCloseCommand{handle(1)}); },
      [](Meeting& it) { it.world.submit(PublicationCloseCommand{handle(1, 1)}, 1); },
      [](Meeting& it) { it.world.submit(TransportCloseCommand{handle(1)}); },
      [](Meeting& it) { it.world.submit(RoomCloseCommand{handle(0)}); },
      [](Meeting& it) { it.world.submit(RoomCloseCommand{handle(0, 1)}, 1); }};
  for (size_t first = 0; first < steps.size(); ++first) {
    for (size_t second = 0; second < steps.size(); ++second) {
      Apart apart;
      apart.meeting.run_media(Duration::seconds(1));
      apart.meeting.world.stall(1, true);  // packets and words are on their way
      apart.meeting.run_media(Duration::millis(100));
      steps[first](apart.meeting);
      apart.meeting.run_media(Duration::millis(50));
      apart.meeting.world.stall(1, false);
      apart.meeting.run_media(Duration::millis(50));
      steps[second](apart.meeting);
      apart.meeting.run_media(Duration::millis(100));
      steps[4](apart.meeting);
      steps[5](apart.meeting);
      apart.expect_all_home();
    }
  }
}

// The engine ends with everything lent: the world destroys its shards in either order (ASan).
TEST(Relay, ShardsMayEndWithPacketsLent) {
  Apart apart;
  apart.meeting.run_media(Duration::seconds(1));
  apart.meeting.world.stall(1, true);
  apart.meeting.run_media(Duration::millis(100));
  EXPECT_GT(apart.meeting.world.relays(0).to[1]->lent(), 0u);
}

// 4000 packets of video and 1000 of sound a second.
void flood(Meeting& meeting, Duration span) {
  VirtualPeer& publisher = meeting.world.peer(1);
  meeting.world.run_for(span, [&] {
    meeting.camera.send_frame(publisher, false);
    meeting.camera.send_frame(publisher, false);
    meeting.microphone.send_packet(publisher, 20);
  });
}

// [REL-10]: a shard that does not take part any more loses video first, later sound; the
// publisher's goes on serving its own; and when it is back, a key frame is asked for and the
// picture goes on.
TEST(Relay, ShedsVideoBeforeSoundAndRecovers) {
  Apart apart;
  apart.meeting.join(3);
  apart.meeting.add_slot(3, 3, MediaKind::kVideo);
  apart.meeting.world.connect_all();
  apart.meeting.subscribe(3, 1, 3);
  apart.meeting.run_media(Duration::seconds(2));
  const size_t video_before = apart.take(5001).size();
  const size_t own_before = apart.meeting.world.peer(3).rtp.size();
  apart.meeting.world.stall(1, true);
  flood(apart.meeting, Duration::millis(500));
  ShardStats stats = apart.meeting.world.stats(0);
  EXPECT_GT(stats.dropped_relay_video, 100);
  EXPECT_EQ(stats.dropped_relay_audio, 0);
  EXPECT_GE(apart.meeting.world.peer(3).rtp.size() - own_before, 1900u);
  flood(apart.meeting, Duration::millis(500));
  stats = apart.meeting.world.stats(0);
  EXPECT_GT(stats.dropped_relay_audio, 0);
  EXPECT_LE(apart.meeting.world.relays(0).to[1]->lent(), kMaxRelaysBeforeSound + 100);
  apart.meeting.world.stall(1, false);
  apart.meeting.run_media(Duration::seconds(2));
  const auto video = apart.take(5001);
  EXPECT_GT(video.size(), video_before + 800);
  // The last of them follow a key frame without a hole.
  const auto is_key = [](const ReceivedRtp& it) {
    return (it.view.payload()[0] & 0x10) != 0 && (it.view.payload()[4] & 1) == 0;
  };
  const auto key = std::find_if(video.rbegin(), video.rend(), is_key);
  ASSERT_NE(key, video.rend());
  EXPECT_GT(key - video.rbegin(), 40);
  for (auto it = key.base(); it + 1 != video.end(); ++it) {
    ASSERT_EQ(static_cast<uint16_t>(it->view.sequence + 1), (it + 1)->view.sequence);
  }
  // Nothing more is shed, and sound is whole.
  const ShardStats after = apart.meeting.world.stats(0);
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.meeting.world.stats(0).dropped_relay_video, after.dropped_relay_video);
  EXPECT_EQ(apart.meeting.world.stats(0).dropped_relay_audio, after.dropped_relay_audio);
  apart.expect_all_home();
}

// [REL-11]: what is no packet is never lost: it is told when there is room again.
TEST(Relay, MutingWhileTheRingIsFullIsToldLater) {
  Apart apart;
  apart.meeting.run_media(Duration::seconds(2));
  apart.meeting.world.stall(1, true);
  flood(apart.meeting, Duration::millis(1500));
  for (int i = 0; i < 151; ++i) apart.meeting.set_muted(2, i % 2 == 0);
  apart.meeting.run_media(Duration::millis(10));
  apart.meeting.world.stall(1, false);
  apart.meeting.run_media(Duration::millis(100));
  const size_t sound = apart.take(5002).size();
  apart.meeting.run_media(Duration::seconds(1));
  EXPECT_EQ(apart.take(5002).size(), sound);
  EXPECT_EQ(apart.meeting.world.stats(1).dropped_relay_gone, 0);
}

// [REL-12]
TEST(Relay, AllocatesNothingPerPacket) {
  Apart apart;
  apart.meeting.run_media(Duration::seconds(42));  // until every container has its size
  const uint64_t before = apart.meeting.world.shard_allocations;
  apart.meeting.run_media(Duration::seconds(2));
  EXPECT_GT(apart.meeting.world.stats(1).relayed_in, 400);
  EXPECT_EQ(apart.meeting.world.shard_allocations, before);
}

}  // namespace
}  // namespace engine
