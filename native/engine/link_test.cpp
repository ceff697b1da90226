// Publications of one node at subscribers of another: two engines, the path between them lossy,
// slow or cut. Rules: SPEC.md, [LINK-*].
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <vector>

#include "rtp/reports.h"
#include "testing/linked_meetings.h"
#include "testing/simulcast.h"
#include "testing/viewer.h"
#include "wire/rtcp.h"
#include "wire/rtcp_pli.h"
#include "wire/rtcp_sender_report.h"

namespace engine {
namespace {

using base::Duration;
using testing_support::Bytes;
using testing_support::handle;
using testing_support::kFirstLink;
using testing_support::link_ssrc;
using testing_support::LinkedMeetings;
using testing_support::Meeting;
using testing_support::ReceivedRtp;
using testing_support::SimulcastCamera;
using testing_support::VirtualPeer;

size_t count(Meeting& meeting, uint32_t peer, uint32_t ssrc) {
  const auto& rtp = meeting.world.peer(peer).rtp;
  return static_cast<size_t>(
      std::ranges::count_if(rtp, [&](const ReceivedRtp& it) { return it.view.ssrc == ssrc; }));
}

void lose_picture(Meeting& meeting, uint32_t peer) {
  Bytes pli(12);
  wire::write_pli({.sender_ssrc = 1, .media_ssrc = 5000 + peer}, pli);
  meeting.world.peer(peer).send_rtcp(pli);
}

// Publisher 1 at near with camera and microphone; viewers 2, 3, … at far, each with the camera in a
// slot of its own number, viewer 2 with the microphone in slot 20.
class Linked {
 public:
  explicit Linked(uint32_t viewers = 1, size_t shards = 1, testing_support::Loss loss = {})
      : it(shards) {
    const size_t last = shards - 1;
    it.near.join(1);
    it.near.publish_video(1);
    it.near.publish_audio(2);
    it.open();
    it.carry_camera();
    it.carry_microphone();
    if (shards > 1) {
      it.far.relay_video(1, 0, last);
      it.far.relay_audio(2, 0, last);
    }
    for (uint32_t viewer = 2; viewer < 2 + viewers; ++viewer) {
      it.far.join(viewer, loss, last);
      it.far.add_slot(viewer, viewer, MediaKind::kVideo);
    }
    it.far.add_slot(20, 2, MediaKind::kAudio);
    EXPECT_TRUE(it.near.world.connect_all());
    EXPECT_TRUE(it.far.world.connect_all());
    for (uint32_t viewer = 2; viewer < 2 + viewers; ++viewer) it.far.subscribe(viewer, 1, viewer);
    it.far.subscribe(20, 2, 20);
  }

  // Somebody at near who sees the camera, too: 30, in slot 30.
  void add_local_viewer() {
    it.near.join(30);
    it.near.add_slot(30, 30, MediaKind::kVideo);
    EXPECT_TRUE(it.near.world.connect_all());
    it.near.subscribe(30, 1, 30);
  }

  LinkedMeetings it;
};

// [LINK-1] [LINK-4]
TEST(Link, BringsPublicationsToTheOtherNode) {
  Linked linked;
  LinkedMeetings& it = linked.it;
  it.run_media(Duration::seconds(3));
  EXPECT_TRUE(it.is_connected());
  const size_t video = count(it.far, 2, 5002);
  const size_t sound = count(it.far, 2, 5020);
  it.run_media(Duration::seconds(2));
  EXPECT_EQ(count(it.far, 2, 5002) - video, 100u);
  EXPECT_EQ(count(it.far, 2, 5020) - sound, 100u);
  EXPECT_EQ(it.far.world.peer(2).undecryptable, 0u);
  EXPECT_EQ(it.far.world.dominant, handle(2));  // its level came along
  EXPECT_LE(it.near.key_frame_requests, 1u);
}

// [LINK-4]: whoever looks there, it crosses once, and costs the publisher one key frame.
TEST(Link, CarriesEachEncodingOnceForAllWhoSeeIt) {
  Linked linked(8);
  LinkedMeetings& it = linked.it;
  it.run_media(Duration::seconds(3));
  const size_t crossed = it.crossed[link_ssrc(1)];
  const size_t requests = it.near.key_frame_requests;
  it.run_media(Duration::seconds(2));
  EXPECT_EQ(it.crossed[link_ssrc(1)] - crossed, 100u);
  for (uint32_t viewer = 2; viewer < 10; ++viewer) {
    EXPECT_GT(count(it.far, viewer, 5000 + viewer), 200u) << viewer;
    lose_picture(it.far, viewer);
  }
  it.run_media(Duration::seconds(1));
  EXPECT_EQ(it.near.key_frame_requests - requests, 1u);
}

// [LINK-7]: the budget of a subscriber is one person's; over a link many ask. What is asked of the
// publisher is bounded as ever.
TEST(Link, AsksForAllWhoLoseTheirPicture) {
  Linked linked(8);
  LinkedMeetings& it = linked.it;
  it.run_media(Duration::seconds(12));
  const size_t requests = it.near.key_frame_requests;
  for (uint32_t viewer = 2; viewer < 10; ++viewer) {
    lose_picture(it.far, viewer);
    it.run_media(Duration::millis(1000));
  }
  EXPECT_EQ(it.near.key_frame_requests - requests, 8u);
  for (int i = 0; i < 100; ++i) {
    lose_picture(it.far, 2 + i % 8);
    it.run_media(Duration::millis(20));
  }
  EXPECT_LE(it.near.key_frame_requests - requests, 8u + 5u);  // 2 s, one each 500 ms
}

// [LINK-8]
TEST(Link, LossOnTheLinkIsRepairedThere) {
  Linked linked;
  LinkedMeetings& it = linked.it;
  it.there.loss = 5;
  it.back.loss = 5;
  it.run_media(Duration::seconds(3));
  testing_support::Viewer viewer(it.far.world.peer(2), 5002, 6002);
  const double resent = it.near.world.stats().rtx_sent;
  for (int i = 0; i < 400; ++i) {
    it.run_media(Duration::millis(40));
    viewer.step(it.far.world.now());
  }
  EXPECT_GT(it.near.world.stats().rtx_sent - resent, 30);
  const auto& numbers = viewer.numbers();
  const auto span = static_cast<size_t>(*numbers.rbegin() - *numbers.begin() + 1);
  EXPECT_EQ(span, numbers.size()) << "every packet came in the end";
  EXPECT_GT(numbers.size(), 780u);
  EXPECT_TRUE(it.is_connected());
}

// [LINK-1]: neither from elsewhere, nor under another key id, nor changed, nor twice.
TEST(Link, HearsTheOtherNodeAlone) {
  Linked linked;
  LinkedMeetings& it = linked.it;
  it.run_media(Duration::seconds(1));
  it.there.is_cut = true;  // what we hand over here is the first of its number
  const auto take = [&] {
    it.run_media(Duration::millis(20));
    return it.last_there;
  };
  const Bytes good = take();
  const auto deliver = [&](const base::FiveTuple& path, const Bytes& datagram) {
    it.far.world.deliver(path, datagram);
    it.far.world.run_for(Duration::millis(1));
  };
  const auto stats = [&] { return it.far.world.stats(); };
  base::FiveTuple elsewhere = it.path_at_far();
  ++elsewhere.remote.port;
  double unknown = stats().dropped_unknown_address;
  deliver(elsewhere, good);
  EXPECT_EQ(stats().dropped_unknown_address, ++unknown);
  Bytes other_id = good;
  ++other_id.back();
  deliver(it.path_at_far(), other_id);
  EXPECT_EQ(stats().dropped_unknown_address, ++unknown);
  Bytes changed = good;
  changed[changed.size() - 8] ^= 1;
  const double forged = stats().dropped_srtp_auth;
  deliver(it.path_at_far(), changed);
  EXPECT_EQ(stats().dropped_srtp_auth, forged + 1);
  const double replayed = stats().dropped_srtp_replay;
  deliver(it.path_at_far(), good);
  EXPECT_EQ(stats().dropped_srtp_replay, replayed);
  deliver(it.path_at_far(), good);
  EXPECT_EQ(stats().dropped_srtp_replay, replayed + 1);
  deliver(it.path_at_far(), Bytes(3, 0x80));
  EXPECT_EQ(stats().dropped_unknown_address, ++unknown);
}

// [LINK-1]: two rooms of the same two media threads have one pair of addresses.
TEST(Link, RoomsShareAPairOfAddresses) {
  LinkedMeetings it;
  for (const uint32_t room : {0u, 1u}) {
    if (room == 1) {
      it.near.make_room(0, false);
      it.far.make_room(0, false);
    }
    it.near.join(1 + room);
    it.near.publish_audio(1 + room, 1 + room);
    it.open(room);
    it.receive_audio(1 + room);
    it.send(1 + room, MediaKind::kAudio);
    it.far.join(3 + room);
    it.far.add_slot(3 + room, 3 + room, MediaKind::kAudio);
    ASSERT_TRUE(it.near.world.connect_all());
    ASSERT_TRUE(it.far.world.connect_all());
    it.far.subscribe(3 + room, 1 + room, 3 + room);
  }
  std::array sources{testing_support::AudioSource(2001, "1"),
                     testing_support::AudioSource(2002, "1")};
  int64_t step = 0;
  const auto run = [&](Duration span) {
    it.run(span, [&] {
      if (step++ % 20 != 0) return;
      for (uint32_t i = 0; i < 2; ++i) sources[i].send_packet(it.near.world.peer(1 + i), 20);
    });
  };
  run(Duration::seconds(2));
  EXPECT_TRUE(it.is_connected(0));
  EXPECT_TRUE(it.is_connected(1));
  for (const uint32_t viewer : {3u, 4u}) {
    EXPECT_GT(count(it.far, viewer, 5000 + viewer), 80u);
    EXPECT_EQ(count(it.far, viewer, 5007 - viewer), 0u) << "the other room";
  }
  it.far.world.submit(TransportCloseCommand{handle(kFirstLink)});
  const size_t before = count(it.far, 4, 5004);
  run(Duration::seconds(1));
  EXPECT_EQ(count(it.far, 4, 5004) - before, 50u);
}

// [LINK-3] [LINK-5]: a hole that no NACK can fill, then nothing is sent into the cut; near goes on,
// and the picture is there again soon after.
TEST(Link, ACutHealsByItself) {
  constexpr std::array<std::array<bool, 2>, 3> kCuts{{{true, true}, {true, false}, {false, true}}};
  for (const auto& [there, back] : kCuts) {
    Linked linked;
    linked.add_local_viewer();
    LinkedMeetings& it = linked.it;
    it.run_media(Duration::seconds(3));
    ASSERT_TRUE(it.is_connected());
    it.there.is_cut = there;
    it.back.is_cut = back;
    VirtualPeer& publisher = it.near.world.peer(1);
    it.run(Duration::millis(3200), [&] { it.near.camera.send_frame(publisher, false); });
    EXPECT_FALSE(it.is_connected());
    const size_t crossed = it.crossed[link_ssrc(1)];
    const size_t local = count(it.near, 30, 5030);
    it.run_media(Duration::seconds(20));
    EXPECT_EQ(it.crossed[link_ssrc(1)], crossed);
    EXPECT_EQ(count(it.near, 30, 5030) - local, 1000u);
    const size_t before = count(it.far, 2, 5002);
    it.cut(false);
    it.run_media(Duration::millis(2000));
    EXPECT_TRUE(it.is_connected());
    EXPECT_GT(count(it.far, 2, 5002), before) << there << back;
    const size_t healed = count(it.far, 2, 5002);
    it.run_media(Duration::seconds(1));
    EXPECT_EQ(count(it.far, 2, 5002) - healed, 50u);
    EXPECT_EQ(it.far.world.stats().dropped_srtp_auth, 0);
    EXPECT_EQ(it.near.world.stats().dropped_srtp_auth, 0);
  }
}

// [LINK-3]: the pulses alone are answer enough, however long nothing is said.
TEST(Link, StaysWithoutMedia) {
  LinkedMeetings it;
  it.open();
  it.run(Duration::seconds(60));
  EXPECT_TRUE(it.is_connected());
  EXPECT_EQ(it.near.world.transport_states.size(), 2u);  // connecting, connected
  EXPECT_LE(it.datagrams_there, 125u);
  EXPECT_LE(it.datagrams_back, 125u);
  it.there.loss = it.back.loss = 15;
  it.run(Duration::seconds(120));
  EXPECT_EQ(it.near.world.transport_states.size(), 2u);
}

// [LINK-4]
TEST(Link, MutedPublicationsDoNotCross) {
  Linked linked;
  LinkedMeetings& it = linked.it;
  it.run_media(Duration::seconds(2));
  it.near.set_muted(1, true);
  it.near.set_muted(2, true);
  it.run_media(Duration::millis(100));
  const auto crossed = it.crossed;
  it.run_media(Duration::seconds(1));
  EXPECT_EQ(it.crossed, crossed);
  it.near.set_muted(1, false);
  it.near.set_muted(2, false);
  const size_t before = count(it.far, 2, 5002);
  const size_t sound = count(it.far, 2, 5020);
  it.run_media(Duration::seconds(1));
  EXPECT_GT(count(it.far, 2, 5002) - before, 45u);
  EXPECT_GE(count(it.far, 2, 5020) - sound, 48u);
}

// [LINK-5] [LINK-13]: of three encodings those cross that are sent, each by itself; at the other
// end the subscriber changes between them as it would here.
TEST(Link, SimulcastIsChosenAtTheOtherEnd) {
  LinkedMeetings it;
  it.near.join(1);
  SimulcastCamera camera;
  camera.publish(it.near, 1);
  it.open();
  it.receive_video(1, 3);
  it.far.join(2);
  it.far.add_slot(2, 2, MediaKind::kVideo);
  ASSERT_TRUE(it.near.world.connect_all());
  ASSERT_TRUE(it.far.world.connect_all());
  it.far.subscribe(2, 1, 2);
  const auto run = [&](Duration span) { it.run(span, [&] { camera.step(it.near); }); };
  run(Duration::seconds(2));
  EXPECT_TRUE(it.crossed.empty());
  for (uint8_t encoding = 0; encoding < 3; ++encoding) it.send(1, MediaKind::kVideo, encoding);
  run(Duration::seconds(3));
  const auto& states = it.far.world.subscription_states;
  EXPECT_EQ(states.back().spatial, 2);
  it.set_sent(1, false, 0);
  it.set_sent(1, false, 1);
  run(Duration::millis(40));
  auto crossed = it.crossed;
  run(Duration::seconds(3));
  EXPECT_EQ(it.crossed[link_ssrc(1, 0)], crossed[link_ssrc(1, 0)]);
  EXPECT_EQ(it.crossed[link_ssrc(1, 1)], crossed[link_ssrc(1, 1)]);
  EXPECT_EQ(it.crossed[link_ssrc(1, 2)] - crossed[link_ssrc(1, 2)], 150u);
  EXPECT_EQ(states.back().spatial, 2) << "what does not cross is not dead";
  // Down: the lower one begins to cross, its key frame is asked for, the higher one goes until
  // then.
  const auto aim = [&](uint8_t from, uint8_t to) {
    it.set_sent(1, true, to);
    it.far.world.submit(
        SubscriptionSetCommand{handle(2), true, SubscriptionReason::kNone, to, 255, 1});
    const size_t before = count(it.far, 2, 5002);
    run(Duration::millis(2000));
    EXPECT_EQ(states.back().spatial, to);
    EXPECT_GT(count(it.far, 2, 5002) - before, 90u);
    it.set_sent(1, false, from);
  };
  aim(2, 0);
  aim(0, 1);
  aim(1, 2);
  // It dies where it is published, which says so: the picture goes on with another one.
  camera.stopped[2] = true;
  it.set_sent(1, true, 1);
  it.far.world.submit(PublicationSetUsableCommand{handle(1), 0b011});
  run(Duration::seconds(2));
  EXPECT_EQ(states.back().spatial, 1);
  EXPECT_TRUE(it.far.world.layer_rates.empty()) << "they are measured where it is published";
}

// [LINK-6]: who is loudest is decided at either end for itself, of all that is said; and what is
// left out here, being silence, is not there.
TEST(Link, AllSoundCrossesWhoeverIsLoudest) {
  LinkedMeetings it;
  it.near.make_room(1, true);
  it.far.make_room(1, true);
  std::vector<testing_support::AudioSource> sources;
  for (uint32_t i = 0; i < 3; ++i) {
    it.near.join(1 + i);
    it.near.publish_audio(1 + i, 1 + i);
    sources.emplace_back(2001 + i, "1");
  }
  it.open(1);
  for (uint32_t i = 0; i < 3; ++i) {
    it.receive_audio(1 + i);
    it.send(1 + i, MediaKind::kAudio);
  }
  it.far.join(5);
  for (uint32_t i = 0; i < 3; ++i) it.far.add_slot(1 + i, 5, MediaKind::kAudio);
  ASSERT_TRUE(it.near.world.connect_all());
  ASSERT_TRUE(it.far.world.connect_all());
  for (uint32_t i = 0; i < 3; ++i) it.far.subscribe(1 + i, 1 + i, 1 + i);
  int64_t step = 0;
  size_t loudest = 1;
  const auto run = [&](Duration span) {
    it.run(span, [&] {
      if (step++ % 20 != 0) return;
      for (size_t i = 0; i < 3; ++i) {
        sources[i].send_packet(it.near.world.peer(static_cast<uint32_t>(1 + i)),
                               i == loudest ? 10 : 127);
      }
    });
  };
  run(Duration::seconds(4));
  auto crossed = it.crossed;
  std::array<size_t, 3> heard{};
  for (uint32_t i = 0; i < 3; ++i) heard[i] = count(it.far, 5, 5001 + i);
  run(Duration::seconds(1));
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(it.crossed[link_ssrc(1 + i)] - crossed[link_ssrc(1 + i)], 50u) << i;
    EXPECT_EQ(count(it.far, 5, 5001 + i) - heard[i], i == loudest ? 50u : 0u) << i;
  }
  EXPECT_EQ(it.far.world.dominant, handle(2));
  loudest = 2;
  run(Duration::seconds(3));
  EXPECT_EQ(it.far.world.dominant, handle(3));
  EXPECT_EQ(it.near.world.dominant, handle(3));
}

// [LINK-9]: published on another media thread than the link's, seen on another than its other end.
TEST(Link, ShardsAtEitherEnd) {
  LinkedMeetings it(2);
  it.near.join(1, {}, 1);
  it.near.publish_video(1);
  it.near.publish_audio(2);
  it.near.relay_video(1, 1, 0);
  it.near.relay_audio(2, 1, 0);
  it.open();
  it.carry_camera();
  it.carry_microphone();
  it.far.join(2, {}, 1);
  it.far.relay_video(1, 0, 1);
  it.far.relay_audio(2, 0, 1);
  it.far.add_slot(2, 2, MediaKind::kVideo);
  it.far.add_slot(20, 2, MediaKind::kAudio);
  ASSERT_TRUE(it.near.world.connect_all());
  ASSERT_TRUE(it.far.world.connect_all());
  it.far.subscribe(2, 1, 2);
  it.far.subscribe(20, 2, 20);
  it.run_media(Duration::seconds(3));
  const size_t video = count(it.far, 2, 5002);
  const size_t sound = count(it.far, 2, 5020);
  it.run_media(Duration::seconds(2));
  EXPECT_EQ(count(it.far, 2, 5002) - video, 100u);
  EXPECT_EQ(count(it.far, 2, 5020) - sound, 100u);
  EXPECT_EQ(it.far.world.dominant, handle(2));
  const size_t requests = it.near.key_frame_requests;
  lose_picture(it.far, 2);
  it.run_media(Duration::seconds(1));
  EXPECT_EQ(it.near.key_frame_requests - requests, 1u);
  it.cut(true);
  it.run_media(Duration::seconds(10));
  it.cut(false);
  it.run_media(Duration::millis(2500));
  const size_t healed = count(it.far, 2, 5002);
  it.run_media(Duration::seconds(1));
  EXPECT_EQ(count(it.far, 2, 5002) - healed, 50u);
}

// What a browser makes of the newest sender reports: which moment a timestamp stands for.
class Clock {
 public:
  explicit Clock(const VirtualPeer& peer) {
    for (const Bytes& compound : peer.rtcp) {
      wire::RtcpReader reader(compound);
      wire::RtcpBlock block;
      wire::ReportBlocks blocks;
      wire::SenderReport report;
      while (reader.next(block)) {
        if (block.type != wire::RtcpType::kSenderReport) continue;
        if (wire::parse_sender_report(block, report, blocks) != wire::ParseError::kNone) continue;
        reports_[report.ssrc] = report;
      }
    }
  }
  int64_t shown_us(const VirtualPeer& peer, uint32_t ssrc, int64_t rate) const {
    const auto newest = std::find_if(peer.rtp.rbegin(), peer.rtp.rend(),
                                     [&](const auto& it) { return it.view.ssrc == ssrc; });
    const wire::SenderReport& report = reports_.at(ssrc);
    const auto ticks = static_cast<int32_t>(newest->view.timestamp - report.rtp_timestamp);
    return rtp::unix_from_ntp(report.ntp_time) + ticks * int64_t{1'000'000} / rate;
  }

 private:
  std::map<uint32_t, wire::SenderReport> reports_;
};

// [LINK-10]: a frame and a packet of sound that leave together are shown together there.
TEST(Link, SoundAndPictureStayTogether) {
  Linked linked;
  LinkedMeetings& it = linked.it;
  int64_t step = 0;
  it.run(Duration::millis(8001), [&] {
    it.near.send_media(step);
    VirtualPeer& publisher = it.near.world.peer(1);
    if (step % 1000 == 20) it.near.microphone.send_sender_report(publisher, it.near.world.now());
    ++step;
  });
  it.run(Duration::millis(15));  // the last ones, sent together, are there
  const VirtualPeer& viewer = it.far.world.peer(2);
  const Clock clock(viewer);
  const int64_t offset_us =
      clock.shown_us(viewer, 5002, 90000) - clock.shown_us(viewer, 5020, 48000);
  // Both report the timestamp of their next packet, 30 and 20 ms before it leaves.
  EXPECT_NEAR(static_cast<double>(std::abs(offset_us)), 10'000, 2'000);
}

TEST(Link, CommandsThatDoNotFitAreRefused) {
  Meeting meeting;
  meeting.join(1);
  meeting.publish_video(1);
  meeting.publish_audio(2);
  meeting.add_slot(1, 1, MediaKind::kVideo);
  const Bytes key(28, 1);
  const Bytes other(28, 2);
  const LinkCreateCommand good{.transport = handle(5),
                               .room = handle(0),
                               .local_ip = "192.0.2.1",
                               .local_port = 40000,
                               .remote_ip = "198.51.100.1",
                               .remote_port = 41000,
                               .key_id = 7,
                               .inbound_key = key,
                               .outbound_key = other};
  const auto status = [&](const std::function<void(LinkCreateCommand&)>& change) {
    LinkCreateCommand command = good;
    change(command);
    return meeting.world.submit(command);
  };
  EXPECT_EQ(status([](auto& it) { it.room = handle(9); }), CommandStatus::kUnknownHandle);
  EXPECT_EQ(status([](auto& it) { it.transport = handle(1); }), CommandStatus::kHandleInUse);
  EXPECT_EQ(status([](auto& it) { it.local_ip = "here"; }), CommandStatus::kInvalidArgument);
  EXPECT_EQ(status([](auto& it) { it.remote_ip = "::1"; }), CommandStatus::kInvalidArgument);
  EXPECT_EQ(status([](auto& it) { it.remote_port = 0; }), CommandStatus::kInvalidArgument);
  EXPECT_EQ(status([&](auto& it) { it.outbound_key = key; }), CommandStatus::kInvalidArgument);
  EXPECT_EQ(status([&](auto& it) { it.inbound_key = std::span(key).first(27); }),
            CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.world.submit(good), CommandStatus::kOk);
  EXPECT_EQ(status([](auto& it) { it.transport = handle(6); }), CommandStatus::kWrongState);
  EXPECT_EQ(status([](auto& it) {
              it.transport = handle(6);
              it.key_id = 8;
            }),
            CommandStatus::kOk);
  const PlainTransportCreateCommand plain{.transport = handle(8),
                                          .room = handle(0),
                                          .local_ip = "192.0.2.1",
                                          .local_port = 40000,
                                          .remote_ip = "198.51.100.1",
                                          .remote_port = 41000};
  EXPECT_EQ(meeting.world.submit(plain), CommandStatus::kWrongState);
  const auto subscribe = [&](uint32_t publication, uint32_t outbound, uint8_t encoding) {
    return meeting.world.submit(
        LinkSubscriptionCreateCommand{handle(1), handle(publication), handle(outbound), encoding});
  };
  EXPECT_EQ(subscribe(1, 1, 0), CommandStatus::kWrongState);  // no link
  EXPECT_EQ(subscribe(1, 1, 1), CommandStatus::kInvalidArgument);
  EXPECT_EQ(subscribe(2, 1, 0), CommandStatus::kInvalidArgument);
  EXPECT_EQ(subscribe(9, 1, 0), CommandStatus::kUnknownHandle);
  const auto set_usable = [&](uint32_t publication) {
    return meeting.world.submit(PublicationSetUsableCommand{handle(publication), 1});
  };
  EXPECT_EQ(set_usable(9), CommandStatus::kUnknownHandle);
  EXPECT_EQ(set_usable(2), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.world.submit(TransportCloseCommand{handle(5)}), CommandStatus::kOk);
  EXPECT_EQ(meeting.world.submit(good), CommandStatus::kOk);  // its addresses are free again
}

// [LINK-11]: whatever ends first, at either end, nothing is used after (ASan) and nothing stays.
TEST(Link, EndsInAnyOrder) {
  using Step = void (*)(LinkedMeetings&);
  const std::array<Step, 8> steps{
      [](LinkedMeetings& it) { it.near.world.submit(PublicationCloseCommand{handle(1)}); },
      [](LinkedMeetings& it) { it.far.world.submit(PublicationCloseCommand{handle(1)}); },
      [](LinkedMeetings& it) { it.near.world.submit(TransportCloseCommand{handle(kFirstLink)}); },
      [](LinkedMeetings& it) { it.far.world.submit(TransportCloseCommand{handle(kFirstLink)}); },
      [](LinkedMeetings& it) { it.near.world.submit(TransportCloseCommand{handle(1)}); },
      [](LinkedMeetings& it) {
        it.near.world.submit(SubscriptionCloseCommand{handle(link_ssrc(1))});
        it.near.world.submit(OutboundCloseCommand{handle(link_ssrc(1))});
      },
      [](LinkedMeetings& it) { it.near.world.submit(RoomCloseCommand{handle(0)}); },
      [](LinkedMeetings& it) { it.far.world.submit(RoomCloseCommand{handle(0)}); }};
  for (size_t first = 0; first < steps.size(); ++first) {
    for (size_t second = 0; second < steps.size(); ++second) {
      Linked linked;
      LinkedMeetings& it = linked.it;
      it.run_media(Duration::millis(150));
      steps[first](it);
      it.run_media(Duration::millis(30));
      steps[second](it);
      it.run_media(Duration::millis(30));
      steps[6](it);
      steps[7](it);
      it.run(Duration::millis(50));
      EXPECT_EQ(it.near.world.shard().packets().blocks_in_use(), 0u) << first << second;
      EXPECT_EQ(it.far.world.shard().packets().blocks_in_use(), 0u) << first << second;
    }
  }
}

// [LINK-12]
TEST(Link, AllocatesNothingPerPacket) {
  Linked linked;
  LinkedMeetings& it = linked.it;
  it.run_media(Duration::seconds(42));  // until every container has its size
  const uint64_t near = it.near.world.shard_allocations;
  const uint64_t far = it.far.world.shard_allocations;
  it.run_media(Duration::seconds(2));
  EXPECT_EQ(it.near.world.shard_allocations, near);
  EXPECT_EQ(it.far.world.shard_allocations, far);
}

}  // namespace
}  // namespace engine
