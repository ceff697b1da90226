// Pacing, padding and probes of a subscriber's transport as JavaScript sets them, through real ICE,
// DTLS and SRTP on virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "rtp/rtx.h"
#include "testing/allocations.h"
#include "testing/meeting.h"
#include "testing/twcc_reporter.h"
#include "wire/rtcp_nack.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::ReceivedRtp;
using testing_support::SeenFeedback;
using testing_support::TwccReporter;
using testing_support::VirtualPeer;

constexpr auto millis = base::Duration::millis;
constexpr auto seconds = base::Duration::seconds;

struct Rates {
  uint32_t target_bps = 0;
  uint32_t pacing_bps = 0;
  uint32_t padding_bps = 0;
  std::vector<engine::Probe> probes;
};

// A subscriber that sends transport-wide feedback.
class PacedMeeting : public Meeting {
 public:
  PacedMeeting() {
    begin_one_to_one();
    reporter_.emplace(world.peer(2), testing_support::kTransportCcId);
    run_media_reported(millis(200));
  }

  engine::CommandStatus set_rates(const Rates& rates) {
    return world.submit(engine::TransportSetRatesCommand{
        .transport = handle(2),
        .target_bps = rates.target_bps,
        .pacing_bps = rates.pacing_bps,
        .padding_bps = rates.padding_bps,
        .probes = engine::List<engine::Probe>(std::span(rates.probes))});
  }
  void run_media_reported(base::Duration span) {
    for (int64_t i = 0; i < span.to_ms(); ++i) {
      if (step_ % 40 == 0) camera.send_frame(world.peer(1), step_ == 0);
      if (step_ % 20 == 0) microphone.send_packet(world.peer(1), 20);
      ++step_;
      run_reported(millis(1));
    }
  }
  void run_reported(base::Duration span) {
    for (int64_t i = 0; i < span.to_ms(); ++i) {
      world.run_for(millis(1));
      reporter_->step(world.now());
    }
  }
  uint16_t newest_video() {
    const auto& rtp = world.peer(2).rtp;
    const auto found = std::find_if(rtp.rbegin(), rtp.rend(),
                                    [](const ReceivedRtp& it) { return it.view.ssrc == 5001; });
    return found->view.sequence;
  }
  // A key frame of `packets` packets of 900 bytes.
  void send_key_frame(int packets) {
    for (int i = 0; i < packets / 2; ++i) camera.send_frame(world.peer(1), i == 0);
  }

  struct Packet {
    double sent_us = 0;
    uint32_t size = 0;
    int32_t cluster = -1;
    uint8_t flags = 0;
  };
  // Everything feedback has spoken of, by transport-wide number.
  std::map<double, Packet> packets() const {
    std::map<double, Packet> all;
    for (const SeenFeedback& event : world.feedback) {
      for (size_t i = 0; i < event.sequences.size(); ++i) {
        all[event.sequences[i]] = {event.sent_us[i], event.sizes[i], event.clusters[i],
                                   event.flags[i]};
      }
    }
    return all;
  }
  std::vector<Packet> of_cluster(int32_t cluster) const {
    std::vector<Packet> some;
    for (const auto& [number, packet] : packets()) {
      if (packet.cluster == cluster) some.push_back(packet);
    }
    return some;
  }

 private:
  std::optional<TwccReporter> reporter_;
  int64_t step_ = 0;
};

double bits_per_second(const std::vector<PacedMeeting::Packet>& cluster) {
  double bytes = 0;
  for (const auto& packet : cluster) bytes += packet.size;
  const double span = cluster.back().sent_us - cluster.front().sent_us;
  return (bytes - cluster.back().size) * 8e6 / span;
}

// [TRN-18] [T1.25] [T1.26] A key frame of 60 kB at 2.5 × 1 Mbit/s, and audio on top.
TEST(Pacing, SpreadsAKeyFrameAndLetsAudioThrough) {
  PacedMeeting meeting;
  meeting.set_rates({.target_bps = 1'000'000, .pacing_bps = 2'500'000});
  meeting.run_reported(millis(500));
  meeting.world.feedback.clear();
  const auto begin = static_cast<double>(meeting.world.now().us);
  meeting.send_key_frame(60);
  double audio_delay_us = 0;
  for (int i = 0; i < 20; ++i) {
    const size_t before = meeting.world.peer(2).rtp.size();
    meeting.microphone.send_packet(meeting.world.peer(1), 20);
    meeting.run_reported(millis(1));
    const auto& rtp = meeting.world.peer(2).rtp;
    EXPECT_TRUE(std::any_of(rtp.begin() + static_cast<std::ptrdiff_t>(before), rtp.end(),
                            [](const auto& it) { return it.view.ssrc == 5002; }));
    audio_delay_us = 1000;
    meeting.run_reported(millis(19));
  }
  meeting.run_reported(millis(500));
  double last = 0;
  double bytes = 0;
  for (const auto& [number, packet] : meeting.packets()) {
    if ((packet.flags & 1) != 0) continue;
    last = std::max(last, packet.sent_us);
    bytes += packet.size;
  }
  EXPECT_NEAR(bytes, 60'000, 2500);
  EXPECT_GE(last - begin, 150'000);
  EXPECT_LE(last - begin, 215'000);  // 20 packets of audio are charged too
  RecordProperty("conformance",
                 "T1.25 threshold=150..200ms got=" + std::to_string((last - begin) / 1000) +
                     "ms through a transport, with audio; T1.26 threshold=2ms got<=" +
                     std::to_string(audio_delay_us / 1000) + "ms");
  EXPECT_GT(meeting.world.stats().pacer_delay_us, 0);
}

// [PACE-9] [T0.1] R0.2, R0.3: JavaScript says nothing for ten seconds; forwarding goes on with the
// rates it set.
TEST(Pacing, StallsOfJavaScriptChangeNothing) {
  PacedMeeting stalled;
  PacedMeeting talked_to;
  const Rates rates{.target_bps = 600'000, .pacing_bps = 1'500'000};
  stalled.set_rates(rates);
  for (int i = 0; i < 100; ++i) {
    talked_to.set_rates(rates);
    talked_to.run_media_reported(millis(100));
    stalled.run_media_reported(millis(100));
  }
  const auto& a = stalled.world.peer(2).rtp;
  const auto& b = talked_to.world.peer(2).rtp;
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i].view.sequence, b[i].view.sequence);
  ASSERT_EQ(stalled.world.feedback.size(), talked_to.world.feedback.size());
  for (size_t i = 0; i < stalled.world.feedback.size(); ++i) {
    ASSERT_EQ(stalled.world.feedback[i].sent_us, talked_to.world.feedback[i].sent_us);
    ASSERT_EQ(stalled.world.feedback[i].received_us, talked_to.world.feedback[i].received_us);
  }
}

// [TRN-19] [PROBE-1] [T1.21] Two clusters in one call, while nothing but audio is sent.
TEST(Probing, SendsClustersOfRecentPackets) {
  PacedMeeting meeting;
  meeting.world.feedback.clear();
  // Three and six times 600 kbit/s, 15 ms.
  EXPECT_EQ(meeting.set_rates({.target_bps = 600'000,
                               .pacing_bps = 1'500'000,
                               .padding_bps = 0,
                               .probes = {{7, 1'800'000, 5, 3375}, {8, 3'600'000, 5, 6750}}}),
            engine::CommandStatus::kOk);
  meeting.run_reported(millis(300));
  const auto first = meeting.of_cluster(7);
  const auto second = meeting.of_cluster(8);
  ASSERT_GE(first.size(), 5u);
  ASSERT_GE(second.size(), 5u);
  EXPECT_NEAR(bits_per_second(first), 1'800'000, 180'000);
  EXPECT_NEAR(bits_per_second(second), 3'600'000, 360'000);
  EXPECT_LE(second.front().sent_us - first.back().sent_us, 6000);
  for (const auto& packet : first) EXPECT_EQ(packet.flags, 2);
  RecordProperty("conformance", "T1.21 threshold=1800kbit/s±10% got=" +
                                    std::to_string(bits_per_second(first) / 1000) +
                                    " through a transport");
  std::map<uint32_t, uint32_t> facts;
  for (const SeenFeedback& event : meeting.world.feedback) {
    for (const engine::ProbeCluster& cluster : event.cluster_facts) {
      facts[cluster.id] = cluster.min_bytes;
    }
  }
  EXPECT_EQ(facts, (std::map<uint32_t, uint32_t>{{7, 3375}, {8, 6750}}));
  // They are repetitions of what was sent: by RTX, with an original sequence number.
  const auto& rtp = meeting.world.peer(2).rtp;
  EXPECT_GE(std::count_if(rtp.begin(), rtp.end(),
                          [](const auto& it) {
                            return it.view.ssrc == 6001 && rtp::original_sequence(it.view);
                          }),
            10);
}

// [PROBE-1] [PAD-2] The history is empty after a pause: padding alone.
TEST(Probing, PadsWhenThereIsNothingToRepeat) {
  PacedMeeting meeting;
  meeting.run_reported(seconds(3));
  meeting.world.feedback.clear();
  meeting.set_rates({.target_bps = 600'000,
                     .pacing_bps = 1'500'000,
                     .padding_bps = 0,
                     .probes = {{1, 900'000, 5, 1687}}});
  meeting.run_reported(millis(300));
  const auto cluster = meeting.of_cluster(1);
  ASSERT_GE(cluster.size(), 5u);
  EXPECT_NEAR(bits_per_second(cluster), 900'000, 90'000);
  const ReceivedRtp& last = meeting.world.peer(2).rtp.back();
  EXPECT_EQ(last.view.ssrc, 6001u);
  EXPECT_EQ(last.view.padding_size, wire::kPaddingSize);
  EXPECT_EQ(last.view.payload_size, 0);
  EXPECT_EQ(meeting.world.stats().padding_sent, static_cast<double>(cluster.size()));
}

// [PROBE-1] Before the first packet there is nothing to stand beside: the probe waits for media.
TEST(Probing, WaitsForTheFirstPacketOfMedia) {
  Meeting meeting;
  meeting.begin_one_to_one();
  const std::vector<engine::Probe> probes{{1, 900'000, 5, 1687}};
  meeting.world.submit(
      engine::TransportSetRatesCommand{.transport = handle(2),
                                       .target_bps = 600'000,
                                       .pacing_bps = 1'500'000,
                                       .probes = engine::List<engine::Probe>(std::span(probes))});
  meeting.world.run_for(millis(500));
  EXPECT_TRUE(meeting.world.peer(2).rtp.empty());
  meeting.run_media(millis(60));
  EXPECT_GT(meeting.world.stats().padding_sent, 0);
}

TEST(Probing, RefusesProbesWithoutARate) {
  PacedMeeting meeting;
  EXPECT_EQ(meeting.set_rates({.probes = {{1, 0, 5, 1000}}}),
            engine::CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.set_rates({.probes = {{0x80000000, 1000, 5, 1000}}}),
            engine::CommandStatus::kInvalidArgument);
}

// [PAD-1] Padding brings what is sent up to the rate, and no further.
TEST(Padding, FillsUpToItsRate) {
  PacedMeeting meeting;
  meeting.set_rates({.target_bps = 2'000'000, .pacing_bps = 5'000'000, .padding_bps = 800'000});
  meeting.run_media_reported(millis(500));
  meeting.world.feedback.clear();
  meeting.run_media_reported(seconds(5));
  double bytes = 0;
  for (const SeenFeedback& event : meeting.world.feedback) {
    for (const uint32_t bin : event.sent_bin_bytes) bytes += bin;
  }
  EXPECT_NEAR(bytes * 8 / 5, 800'000, 40'000);
  meeting.set_rates({.target_bps = 2'000'000, .pacing_bps = 5'000'000});
  const double padded = meeting.world.stats().padding_sent;
  meeting.run_media_reported(seconds(1));
  EXPECT_EQ(meeting.world.stats().padding_sent, padded);
}

void send_nack(VirtualPeer& peer, uint32_t ssrc, std::span<const uint16_t> numbers) {
  Bytes nack(1100);
  size_t taken = 0;
  const size_t size = wire::write_nack({1, ssrc}, numbers, nack, taken);
  peer.send_rtcp(std::span(nack).first(size));
}

// [HIST-4] [T7.7] R7.6: half of the target in any second, whatever is asked for; others go on.
TEST(ResendBudget, CapsANackStorm) {
  PacedMeeting meeting;
  meeting.join(3);
  meeting.add_slot(3, 3, engine::MediaKind::kVideo);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.subscribe(3, 1, 3);
  meeting.run_media(seconds(2));
  meeting.set_rates({.target_bps = 400'000, .pacing_bps = 1'000'000});
  VirtualPeer& subscriber = meeting.world.peer(2);
  VirtualPeer& other = meeting.world.peer(3);
  const double rtx_before = meeting.world.stats().rtx_sent;
  const size_t others_before = other.rtp.size();
  for (int i = 0; i < 500; ++i) {
    std::array<uint16_t, 200> all;
    const uint16_t newest = meeting.newest_video();
    for (size_t j = 0; j < all.size(); ++j) all[j] = static_cast<uint16_t>(newest - j);
    send_nack(subscriber, 5001, all);
    meeting.run_media(millis(20));
  }
  const double resent = (meeting.world.stats().rtx_sent - rtx_before) * 900 * 8 / 10;
  RecordProperty("conformance",
                 "T7.7 threshold=200kbit/s got=" + std::to_string(resent / 1000) + " kbit/s");
  EXPECT_LE(resent, 220'000);
  EXPECT_GE(resent, 50'000);
  EXPECT_EQ(other.rtp.size() - others_before, 1000u);  // 500 frames of two packets
}

// [HIST-4] R7.6: what cannot be repaired is not waited for, and the publisher is not flooded: three
// requests in 10 s, as for anybody who asks.
TEST(ResendBudget, AsksForAKeyFrameInstead) {
  PacedMeeting meeting;
  meeting.run_media(seconds(2));
  meeting.set_rates({.target_bps = 400'000, .pacing_bps = 1'000'000});
  const uint16_t lost = meeting.newest_video();
  meeting.key_frame_requests = 0;
  send_nack(meeting.world.peer(2), 5001, {&lost, 1});
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.key_frame_requests, 0u) << "one packet is repaired";
  for (int i = 0; i < 250; ++i) {
    std::array<uint16_t, 200> all;
    const uint16_t newest = meeting.newest_video();
    for (size_t j = 0; j < all.size(); ++j) all[j] = static_cast<uint16_t>(newest - j);
    send_nack(meeting.world.peer(2), 5001, all);
    meeting.run_media(millis(20));
  }
  EXPECT_GE(meeting.key_frame_requests, 1u);
  EXPECT_LE(meeting.key_frame_requests, 3u);
}

// [HIST-3]: nor is what was resent in vain.
TEST(ResendBudget, AsksForAKeyFrameAfterTheLastResend) {
  PacedMeeting meeting;
  meeting.run_media(seconds(2));
  meeting.set_rates({.target_bps = 4'000'000, .pacing_bps = 10'000'000});
  const uint16_t lost = meeting.newest_video();
  meeting.key_frame_requests = 0;
  for (int i = 0; i < 5; ++i) {
    send_nack(meeting.world.peer(2), 5001, {&lost, 1});
    meeting.run_media(millis(140));
  }
  EXPECT_EQ(meeting.key_frame_requests, 0u) << "five times it is sent again";
  send_nack(meeting.world.peer(2), 5001, {&lost, 1});
  meeting.run_media(millis(140));
  EXPECT_EQ(meeting.key_frame_requests, 1u);
}

// [HIST-5] R3.28
TEST(Resends, StopAtTheNewestKeyFrame) {
  PacedMeeting meeting;
  VirtualPeer& subscriber = meeting.world.peer(2);
  meeting.run_media_reported(millis(200));
  const uint16_t before = subscriber.rtp.back().view.ssrc == 5001
                              ? subscriber.rtp.back().view.sequence
                              : subscriber.rtp[subscriber.rtp.size() - 2].view.sequence;
  meeting.camera.send_frame(meeting.world.peer(1), true);
  meeting.run_reported(millis(5));
  const auto key = static_cast<uint16_t>(before + 1);
  const std::array<uint16_t, 2> asked{before, key};
  const double rtx_before = meeting.world.stats().rtx_sent;
  send_nack(subscriber, 5001, asked);
  meeting.run_reported(millis(5));
  EXPECT_EQ(meeting.world.stats().rtx_sent, rtx_before + 1);
  EXPECT_EQ(rtp::original_sequence(subscriber.rtp.back().view), key);
}

// [HIST-6] E8, E9
TEST(Resends, AnswerNoNackOfWhatWasNeverSent) {
  PacedMeeting meeting;
  VirtualPeer& subscriber = meeting.world.peer(2);
  const uint16_t newest = subscriber.rtp.back().view.sequence;
  std::array<uint16_t, 40> phantoms;
  for (size_t i = 0; i < phantoms.size(); ++i) {
    phantoms[i] = static_cast<uint16_t>(newest + 20'000 + i);
  }
  for (int i = 0; i < 20; ++i) {
    send_nack(subscriber, 5001, phantoms);
    std::array<uint16_t, 1> rtx{static_cast<uint16_t>(i)};
    send_nack(subscriber, 6001, rtx);
    meeting.run_reported(millis(10));
  }
  EXPECT_EQ(meeting.world.stats().rtx_sent, 0);
  EXPECT_EQ(meeting.world.stats().nack_received, 40);
  EXPECT_GE(meeting.world.stats().rtx_history_miss, 800);
}

// [TRN-18] Paced, probed, padded and asked for repairs: after a warm-up nothing is allocated.
TEST(Pacing, AllocatesNothingPerPacket) {
  PacedMeeting meeting;
  uint32_t probe = 0;
  const auto run = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      ++probe;
      meeting.set_rates({.target_bps = 1'000'000,
                         .pacing_bps = 2'500'000,
                         .padding_bps = 500'000,
                         .probes = {{probe, 2'000'000, 5, 3750}}});
      meeting.send_key_frame(30);
      for (int j = 0; j < 5; ++j) {
        meeting.run_media_reported(millis(100));
        std::array<uint16_t, 8> asked;
        const uint16_t newest = meeting.newest_video();
        for (size_t k = 0; k < asked.size(); ++k) asked[k] = static_cast<uint16_t>(newest - k);
        send_nack(meeting.world.peer(2), 5001, asked);
      }
    }
  };
  run(20);
  const uint64_t before = meeting.world.shard_allocations;
  const double sent_before = meeting.world.stats().pacer_packets;
  run(20);
  EXPECT_GT(meeting.world.stats().pacer_packets - sent_before, 500);
  EXPECT_GT(meeting.world.stats().padding_sent, 20);
  EXPECT_GT(meeting.world.stats().rtx_sent, 50);
  EXPECT_EQ(meeting.world.shard_allocations - before, 0u);
}

}  // namespace
