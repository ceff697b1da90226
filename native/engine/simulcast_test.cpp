// Simulcast through the whole engine: targets of subscriptions, key frame requests, layers that
// die, and what is told of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "testing/simulcast.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_pli.h"

namespace {

using testing_support::handle;
using testing_support::kSimulcastSsrc;
using testing_support::Meeting;
using testing_support::SimulcastCamera;
using testing_support::VirtualPeer;

constexpr auto seconds = base::Duration::seconds;
constexpr auto millis = base::Duration::millis;

// One camera in three encodings and `subscribers` who get it in slots of their own number.
struct SimulcastMeeting {
  explicit SimulcastMeeting(uint32_t subscribers = 1) {
    meeting.join(1);
    camera.publish(meeting, 1);
    for (uint32_t i = 2; i < 2 + subscribers; ++i) {
      meeting.join(i);
      meeting.add_slot(i, i, engine::MediaKind::kVideo);
    }
    EXPECT_TRUE(meeting.world.connect_all());
    for (uint32_t i = 2; i < 2 + subscribers; ++i) meeting.subscribe(i, 1, i);
  }
  void run(base::Duration span) { camera.run(meeting, span); }
  void target(uint32_t subscription, uint8_t spatial) {
    meeting.world.submit(engine::SubscriptionSetCommand{
        handle(subscription), true, engine::SubscriptionReason::kHidden, spatial, 255, 1});
  }
  // As told last; 255 while nothing flows.
  uint8_t layer_of(uint32_t subscription) const {
    const auto& states = meeting.world.subscription_states;
    const auto found = std::find_if(states.rbegin(), states.rend(), [&](const auto& event) {
      return event.subscription == handle(subscription);
    });
    return found == states.rend() ? 255 : found->spatial;
  }
  size_t plis() const { return camera.plis[0] + camera.plis[1] + camera.plis[2]; }
  VirtualPeer& subscriber(uint32_t index = 2) { return meeting.world.peer(index); }
  // Whether the numbers of what a subscriber received are contiguous.
  size_t gaps(uint32_t index = 2) {
    const auto& rtp = subscriber(index).rtp;
    size_t gaps = 0;
    for (size_t i = 1; i < rtp.size(); ++i) {
      const auto step = static_cast<int16_t>(rtp[i].view.sequence - rtp[i - 1].view.sequence);
      gaps += step == 1 ? 0 : 1;
    }
    return gaps;
  }

  Meeting meeting;
  SimulcastCamera camera;
};

void send_pli(VirtualPeer& peer, uint32_t ssrc) {
  std::array<uint8_t, 12> pli;
  wire::write_pli({1, ssrc}, pli);
  peer.send_rtcp(pli);
}

void send_nack(VirtualPeer& peer, uint32_t ssrc, uint16_t sequence) {
  std::array<uint8_t, 64> nack;
  size_t taken = 0;
  const size_t size = wire::write_nack({1, ssrc}, {&sequence, 1}, nack, taken);
  peer.send_rtcp(std::span(nack).first(size));
}

// [ENG-9]
TEST(Simulcast, EachSubscriptionGetsItsOwnLayer) {
  SimulcastMeeting it(3);
  for (uint32_t i = 2; i < 5; ++i) it.target(i, static_cast<uint8_t>(i - 2));
  it.run(seconds(3));
  for (uint32_t i = 2; i < 5; ++i) {
    EXPECT_EQ(it.layer_of(i), i - 2);
    EXPECT_EQ(it.gaps(i), 0u);
  }
}

// [ENG-9] T3.2
TEST(Simulcast, AChangeOfTargetIsSoonAndSeamless) {
  SimulcastMeeting it;
  it.target(2, 0);
  it.run(seconds(3));
  ASSERT_EQ(it.layer_of(2), 0);
  const size_t before = it.plis();
  it.target(2, 2);
  const base::Instant wished = it.meeting.world.now();
  while (it.layer_of(2) != 2 && it.meeting.world.now() - wished < seconds(1)) it.run(millis(10));
  const int64_t took = (it.meeting.world.now() - wished).to_ms();
  EXPECT_LE(took, 250);
  EXPECT_EQ(it.camera.plis[2], 1u);
  EXPECT_EQ(it.plis(), before + 1);
  it.run(seconds(1));
  it.target(2, 1);
  it.run(seconds(1));
  EXPECT_EQ(it.layer_of(2), 1);
  EXPECT_EQ(it.gaps(), 0u);
  std::ostringstream got;
  got << "T3.2 threshold=250 ms got=" << took << " ms";
  testing::Test::RecordProperty("conformance", got.str());
}

// [E11]
TEST(Simulcast, AWishTakenBackIsNoStormOfRequests) {
  SimulcastMeeting it;
  it.target(2, 0);
  it.run(seconds(3));
  const size_t before = it.plis();
  for (int i = 0; i < 20; ++i) {
    it.target(2, 2);
    it.target(2, 0);
  }
  it.run(seconds(2));
  EXPECT_LE(it.plis() - before, 2u);
  EXPECT_EQ(it.layer_of(2), 0);
}

// [E8]
TEST(Simulcast, ANackForTheNumberLeftOutIsIgnored) {
  SimulcastMeeting it;
  it.run(seconds(1));
  const uint16_t never = static_cast<uint16_t>(it.subscriber().rtp.front().view.sequence - 1);
  const double resent = it.meeting.world.stats().rtx_sent;
  for (int i = 0; i < 10; ++i) send_nack(it.subscriber(), 5002, never);
  it.meeting.world.run_for(millis(10));
  EXPECT_EQ(it.meeting.world.stats().rtx_sent, resent);
  EXPECT_EQ(it.meeting.world.stats().rtx_history_miss, 10);
}

// [E9]
TEST(Simulcast, ANackOfAnRtxStreamIsIgnored) {
  SimulcastMeeting it;
  it.run(seconds(1));
  send_nack(it.subscriber(), 6002, it.subscriber().rtp.back().view.sequence);
  it.meeting.world.run_for(millis(10));
  EXPECT_EQ(it.meeting.world.stats().rtx_sent, 0);
}

// T3.7: after a switch a packet of the layer before is sent again as it was.
TEST(Simulcast, AnswersANackForTheLayerBefore) {
  SimulcastMeeting it;
  it.target(2, 0);
  it.run(seconds(3));
  const testing_support::ReceivedRtp asked = it.subscriber().rtp.back();
  it.target(2, 2);
  it.run(millis(400));
  ASSERT_EQ(it.layer_of(2), 2);
  send_nack(it.subscriber(), 5002, asked.view.sequence);
  it.meeting.world.run_for(millis(10));
  const auto& rtp = it.subscriber().rtp;
  const auto found = std::find_if(rtp.rbegin(), rtp.rend(),
                                  [](const auto& packet) { return packet.view.ssrc == 6002; });
  ASSERT_NE(found, rtp.rend());
  const auto payload = found->view.payload();
  EXPECT_EQ(base::load_u16(payload.data()), asked.view.sequence);
  EXPECT_EQ(found->view.timestamp, asked.view.timestamp);
  EXPECT_TRUE(std::equal(payload.begin() + 2, payload.end(), asked.view.payload().begin(),
                         asked.view.payload().end()));
}

// T3.8
TEST(Simulcast, AHundredSubscribersLosingTheirPicture) {
  SimulcastMeeting it(100);
  it.run(millis(1100));
  const size_t before = it.camera.plis[2];
  for (int round = 0; round < 50; ++round) {
    for (uint32_t i = 2; i < 102; ++i) send_pli(it.subscriber(i), 5000 + i);
    it.run(millis(20));
    if (round == 0) EXPECT_EQ(it.camera.plis[2] - before, 1u) << "within 20 ms";
    it.run(millis(180));
  }
  const size_t asked = it.camera.plis[2] - before;
  EXPECT_LE(asked, 11u);
  EXPECT_EQ(it.camera.plis[0] + it.camera.plis[1], 0u);
  std::ostringstream got;
  got << "T3.8 threshold=11 got=" << asked;
  testing::Test::RecordProperty("conformance", got.str());
}

// [KEY-3] R3.32: the layer that is waited for, else the one that flows.
TEST(Simulcast, ALostPictureIsAskedForOfTheLayerThatFlows) {
  SimulcastMeeting it;
  it.target(2, 1);
  it.run(seconds(3));
  const auto before = it.camera.plis;
  for (int i = 0; i < 10'000; ++i) send_pli(it.subscriber(), 5002);
  it.run(seconds(1));
  EXPECT_EQ(it.camera.plis[1] - before[1], 1u);
  EXPECT_EQ(it.camera.plis[0], before[0]);
  EXPECT_EQ(it.camera.plis[2], before[2]);
}

// [HLT-2] R3.35 R3.36
TEST(Simulcast, ALayerThatDiesIsLeftSoonAndComesBack) {
  SimulcastMeeting it;
  it.run(seconds(3));
  ASSERT_EQ(it.layer_of(2), 2);
  it.camera.stopped[2] = true;
  const size_t before = it.subscriber().rtp.size();
  const base::Instant died = it.meeting.world.now();
  while (it.subscriber().rtp.size() == before) it.run(millis(10));
  const int64_t freeze = (it.meeting.world.now() - died).to_ms();
  EXPECT_LE(freeze, 900);
  EXPECT_EQ(it.layer_of(2), 1);
  EXPECT_EQ(it.gaps(), 0u);
  it.camera.stopped[2] = false;
  it.run(millis(1500));
  EXPECT_EQ(it.layer_of(2), 1) << "not trusted yet";
  it.run(seconds(2));
  EXPECT_EQ(it.layer_of(2), 2);
}

// [HLT-1]
TEST(Simulcast, ACameraThatIsOffComesBackAsItWas) {
  SimulcastMeeting it;
  it.run(seconds(3));
  const size_t plis = it.plis();
  it.meeting.world.run_for(seconds(3));
  it.run(seconds(1));
  EXPECT_EQ(it.layer_of(2), 2);
  EXPECT_EQ(it.plis(), plis);
}

// [CACHE-1]: soon after a key frame a newcomer needs none of its own.
TEST(Simulcast, ALateSubscriberBeginsFromTheCache) {
  SimulcastMeeting it(2);
  it.meeting.world.submit(engine::SubscriptionCloseCommand{handle(3)});
  it.run(millis(500));
  const size_t plis = it.plis();
  it.meeting.subscribe(3, 1, 3);
  it.run(millis(10));
  const auto& rtp = it.subscriber(3).rtp;
  ASSERT_FALSE(rtp.empty());
  EXPECT_EQ(rtp.front().view.payload()[4] & 1, 0);
  EXPECT_GE(rtp.size(), 26u);
  EXPECT_EQ(it.layer_of(3), 2);
  it.run(seconds(1));
  EXPECT_EQ(it.gaps(3), 0u);
  EXPECT_EQ(it.plis(), plis);
}

// [CACHE-2] [CACHE-3]: not when it is old, or more than the subscriber can take.
TEST(Simulcast, ALateSubscriberAsksWhenTheCacheDoesNotServe) {
  SimulcastMeeting it(2);
  it.meeting.world.submit(engine::SubscriptionCloseCommand{handle(3)});
  it.run(millis(500));
  const std::array<engine::Probe, 0> none{};
  it.meeting.world.submit(engine::TransportSetRatesCommand{
      handle(3), 100'000, 0, 0, engine::List<engine::Probe>(std::span<const engine::Probe>(none))});
  it.meeting.subscribe(3, 1, 3);
  it.run(millis(100));
  EXPECT_EQ(it.plis(), 1u);
  it.run(seconds(3));
  it.meeting.world.submit(engine::SubscriptionCloseCommand{handle(3)});
  it.meeting.subscribe(3, 1, 3);
  it.run(millis(200));
  EXPECT_EQ(it.plis(), 2u);
  EXPECT_EQ(it.gaps(3), 0u);
}

// [MET-1]
TEST(Simulcast, TellsWhatItsLayersCost) {
  SimulcastMeeting it;
  it.run(seconds(3));
  const auto& events = it.meeting.world.layer_rates;
  ASSERT_FALSE(events.empty());
  EXPECT_LE(events.size(), 16u);
  ASSERT_EQ(events.back().layers.size(), 3u);
  for (const engine::LayerRate& layer : events.back().layers) {
    EXPECT_TRUE(layer.alive);
    // 25 frames of 2 packets of 900 bytes and their headers.
    EXPECT_NEAR(layer.bitrate_bps, 25 * 2 * 976 * 8, 30'000);
  }
  const size_t before = events.size();
  it.camera.stopped[2] = true;
  it.run(millis(500));
  ASSERT_GT(events.size(), before);
  EXPECT_FALSE(events.back().layers[2].alive);
}

}  // namespace
