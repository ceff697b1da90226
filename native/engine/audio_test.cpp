// Who is heard, and as what: silence, the loudest and redundancy through a whole shard.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "rtp/reports.h"
#include "testing/meeting.h"
#include "testing/seeded_random.h"
#include "wire/red.h"
#include "wire/rtcp.h"
#include "wire/rtcp_receiver_report.h"
#include "wire/rtcp_sender_report.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::ReceivedRtp;
using testing_support::VirtualPeer;

constexpr auto seconds = base::Duration::seconds;
constexpr auto millis = base::Duration::millis;
constexpr uint8_t kRed = 63;
constexpr uint16_t kRedFormat = 9;
constexpr uint8_t kTheirOpus = 96;  // as subscribers number it
constexpr uint8_t kTheirRed = 112;

engine::Codec red_codec(uint8_t payload_type) {
  engine::Codec codec = testing_support::opus_codec();
  codec.payload_type = payload_type;
  codec.codec = engine::CodecKind::kRed;
  codec.format = kRedFormat;
  return codec;
}

// A microphone as Chromium runs it: 20 ms of Opus; in silence one packet of a byte, then a frame of
// comfort noise each 400 ms with another such packet behind it.
class Microphone {
 public:
  Microphone(uint32_t ssrc, uint64_t phase, bool red = false)
      : ssrc_(ssrc), red_(red), since_refresh_(phase % 21) {}

  // 20 ms pass.
  void step(VirtualPeer& peer, bool speaks, uint8_t level = 27) {
    timestamp_ += 960;
    if (speaks) {
      send(peer, Bytes(60, 0x78), level);
      since_refresh_ = 0;
      return;
    }
    ++since_refresh_;
    if (since_refresh_ == 1) send(peer, Bytes{0x78}, 127);
    if (since_refresh_ == 21) {
      send(peer, Bytes(20, 0x78), 127);
      since_refresh_ = 0;
    }
  }
  void send(VirtualPeer& peer, const Bytes& frame, std::optional<uint8_t> level) {
    const Bytes mid = testing_support::from_text("1");
    const auto loudness = wire::write_audio_level({level.value_or(127), level < 100});
    const std::array<wire::ExtensionElement, 2> elements{
        {{testing_support::kMidId, mid}, {testing_support::kAudioLevelId, loudness}}};
    peer.send_rtp({.timestamp = timestamp_,
                   .ssrc = ssrc_,
                   .sequence = sequence_++,
                   .payload_type = red_ ? kRed : testing_support::kOpus,
                   .marker = false},
                  std::span(elements).first(level ? 2 : 1), red_ ? with_before(frame) : frame);
    ++sent;
    before_ = {frame, timestamp_};
  }
  void send_sender_report(VirtualPeer& peer, base::Instant now) const {
    Bytes packet(64);
    packet.resize(
        wire::write_sender_report({.ssrc = ssrc_,
                                   .ntp_time = rtp::ntp_from_unix(now.us + 1'700'000'000'000'000),
                                   .rtp_timestamp = timestamp_,
                                   .packet_count = 1,
                                   .octet_count = 1},
                                  {}, packet));
    peer.send_rtcp(packet);
  }
  uint32_t timestamp() const { return timestamp_; }

  size_t sent = 0;

 private:
  struct Before {
    Bytes frame;
    uint32_t timestamp = 0;
  };

  Bytes with_before(const Bytes& frame) const {
    std::vector<wire::RedBlock> blocks;
    const uint32_t distance = timestamp_ - before_.timestamp;
    const bool repeats = before_.frame.size() > 2 && distance <= wire::kMaxRedOffset;
    if (repeats) {
      blocks.push_back({testing_support::kOpus, static_cast<uint16_t>(distance), 0,
                        static_cast<uint16_t>(before_.frame.size())});
    }
    blocks.push_back({testing_support::kOpus, 0, 0, 0});
    Bytes payload(8);
    payload.resize(wire::write_red_header(blocks, payload));
    if (repeats) payload.insert(payload.end(), before_.frame.begin(), before_.frame.end());
    payload.insert(payload.end(), frame.begin(), frame.end());
    return payload;
  }

  uint32_t ssrc_;
  bool red_;
  uint64_t since_refresh_;
  uint16_t sequence_ = 65'500;
  uint32_t timestamp_ = 4'294'900'000;
  Before before_;
};

// Publishers 1 to n of one room (id 7), publication and slot of the same number; one subscriber.
class AudioRoom {
 public:
  static constexpr uint32_t kSubscriber = 50;

  explicit AudioRoom(uint32_t people, uint8_t loudest = 3, bool red_in = false,
                     bool red_out = false)
      : people_(people) {
    meeting.make_room(loudest, true);
    meeting.join(kSubscriber);
    for (uint32_t i = 1; i <= people; ++i) {
      meeting.join(i);
      publish(i, red_in);
      add_slot(i, red_out);
      microphones.emplace_back(1000 + i, i * 7, red_in);
    }
    EXPECT_TRUE(meeting.world.connect_all());
    for (uint32_t i = 1; i <= people; ++i) meeting.subscribe(i, i, i);
  }

  VirtualPeer& peer(uint32_t who) { return meeting.world.peer(who); }
  Microphone& microphone(uint32_t who) { return microphones[who - 1]; }
  std::vector<ReceivedRtp>& received() { return peer(kSubscriber).rtp; }

  void run(base::Duration span, const std::vector<uint32_t>& speaking, uint8_t level = 27) {
    int64_t step = 0;
    meeting.world.run_for(span, [&] {
      if (step++ % 20 != 0) return;
      for (uint32_t i = 1; i <= people_; ++i) {
        const bool speaks = std::find(speaking.begin(), speaking.end(), i) != speaking.end();
        microphone(i).step(peer(i), speaks, level);
      }
    });
  }
  size_t count_from(uint32_t who) {
    const auto& packets = received();
    return static_cast<size_t>(std::count_if(packets.begin(), packets.end(), [who](const auto& it) {
      return it.view.ssrc == 5000 + who;
    }));
  }
  void expect_contiguous() {
    std::map<uint32_t, uint16_t> last;
    for (const ReceivedRtp& packet : received()) {
      const auto before = last.find(packet.view.ssrc);
      if (before != last.end()) {
        EXPECT_EQ(packet.view.sequence, static_cast<uint16_t>(before->second + 1));
      }
      last[packet.view.ssrc] = packet.view.sequence;
    }
  }

  Meeting meeting;
  std::vector<Microphone> microphones;

 private:
  void publish(uint32_t who, bool red) {
    std::vector codecs{testing_support::opus_codec()};
    if (red) codecs.insert(codecs.begin(), red_codec(kRed));
    const engine::Encoding encoding{"", 0, 0};
    EXPECT_EQ(meeting.world.submit(engine::PublicationCreateCommand{
                  .publication = handle(who),
                  .room = handle(meeting.room()),
                  .transport = handle(who),
                  .kind = engine::MediaKind::kAudio,
                  .mid = "1",
                  .codecs = engine::List<engine::Codec>(std::span<const engine::Codec>(codecs)),
                  .encodings = engine::List<engine::Encoding>(std::span(&encoding, 1)),
                  .muted = false,
                  .always_forwarded = false}),
              engine::CommandStatus::kOk);
  }
  void add_slot(uint32_t who, bool red) {
    std::vector codecs{testing_support::opus_codec()};
    codecs[0].payload_type = kTheirOpus;
    if (red) codecs.push_back(red_codec(kTheirRed));
    const std::string mid = std::to_string(who);
    EXPECT_EQ(meeting.world.submit(engine::OutboundCreateCommand{
                  .outbound = handle(who),
                  .transport = handle(kSubscriber),
                  .kind = engine::MediaKind::kAudio,
                  .mid = mid,
                  .ssrc = 5000 + who,
                  .rtx_ssrc = 0,
                  .cname = "plenum",
                  .codecs = engine::List<engine::Codec>(std::span<const engine::Codec>(codecs))}),
              engine::CommandStatus::kOk);
  }

  uint32_t people_;
};

size_t count_rtcp(const VirtualPeer& peer, wire::RtcpType type) {
  size_t count = 0;
  for (const Bytes& compound : peer.rtcp) {
    wire::RtcpReader reader(compound);
    wire::RtcpBlock block;
    while (reader.next(block)) count += block.type == type ? 1 : 0;
  }
  return count;
}

// [AUD-2] [AUD-6] [T5.1]
TEST(Audio, TwentyPeopleOfWhomTwoSpeakCostThreeStreams) {
  AudioRoom room(20);
  room.run(seconds(3), {4, 11});
  const size_t before = room.received().size();
  room.run(seconds(10), {4, 11});
  const double rate = static_cast<double>(room.received().size() - before) / 10;
  RecordProperty("conformance",
                 "T5.1 packets per subscriber threshold=160/s got=" + std::to_string(rate) + "/s");
  EXPECT_LE(rate, 160);
  EXPECT_GE(rate, 100) << "both speakers whole";
  EXPECT_GT(room.meeting.world.stats().dropped_not_loudest, 500);
  room.expect_contiguous();
}

// [AUD-2] [T5.1]
TEST(Audio, AThirdSpeakerIsHeardFromTheFirstPacketOn) {
  for (uint64_t run = 0; run < 10; ++run) {
    AudioRoom room(20);
    room.run(millis(3000 + 20 * static_cast<int64_t>(run)), {4, 11});
    const size_t before = room.count_from(7);
    const base::Instant from = room.meeting.world.now();
    room.run(millis(100), {4, 11, 7});
    EXPECT_GE(room.count_from(7) - before, 3u) << "of 5 packets since " << from.us;
  }
}

// [AUD-6] R5.4 [T5.4]: ten minutes of silence and speech.
TEST(Audio, SilenceIsNoLoss) {
  AudioRoom room(1);
  for (int i = 0; i < 120; ++i) {
    room.run(seconds(4), {});
    room.run(seconds(1), i % 3 == 2 ? std::vector<uint32_t>{1} : std::vector<uint32_t>{});
    room.microphone(1).send_sender_report(room.peer(1), room.meeting.world.now());
  }
  room.expect_contiguous();
  EXPECT_EQ(room.meeting.world.stats().nack_sent, 0);
  EXPECT_EQ(room.meeting.world.stats().pli_sent, 0);
  EXPECT_TRUE(room.meeting.world.streams_ended.empty());
  uint32_t worst_jitter = 0;
  for (const Bytes& compound : room.peer(1).rtcp) {
    wire::RtcpReader reader(compound);
    wire::RtcpBlock block;
    while (reader.next(block)) {
      wire::ReceiverReport report;
      wire::ReportBlocks blocks;
      if (block.type != wire::RtcpType::kReceiverReport) continue;
      ASSERT_EQ(wire::parse_receiver_report(block, report, blocks), wire::ParseError::kNone);
      for (size_t i = 0; i < blocks.size(); ++i) {
        const wire::ReportBlock about = blocks[i];
        EXPECT_EQ(about.fraction_lost, 0);
        EXPECT_EQ(about.cumulative_lost, 0);
        worst_jitter = std::max(worst_jitter, about.jitter);
      }
    }
  }
  EXPECT_LE(worst_jitter, 240u) << "5 ms at 48 kHz";
  RecordProperty("conformance",
                 "T5.4 loss, NACK, PLI threshold=0 got=0; T5.4 jitter threshold=5 ms "
                 "got=" +
                     std::to_string(worst_jitter / 48) + " ms");
  EXPECT_GE(count_rtcp(room.peer(AudioRoom::kSubscriber), wire::RtcpType::kSenderReport), 60u)
      << "reports go on in silence (R5.8)";
}

// [AUD-6] R5.4: refresh frames alone, at most 3 packets a second.
TEST(Audio, ASilentParticipantCostsItsRefreshFrames) {
  for (const bool red : {false, true}) {
    AudioRoom room(2, 3, red, true);
    room.run(seconds(2), {2});
    const size_t before = room.count_from(1);
    room.run(seconds(20), {2});
    const size_t silent = room.count_from(1) - before;
    EXPECT_LE(silent, 60u);
    EXPECT_GE(silent, 40u);
    EXPECT_GT(room.meeting.world.stats().dropped_silence, 40);
    room.expect_contiguous();
  }
}

// [AUD-6]: the dominant speaker's pauses are told, its long silence is not.
TEST(Audio, TheDominantSpeakersPauseIsPassedOn) {
  AudioRoom room(2);
  room.run(seconds(4), {1});
  const auto dtx = [&room] {
    return std::count_if(room.received().begin(), room.received().end(), [](const auto& it) {
      return it.view.ssrc == 5001 && it.view.payload_size == 1;
    });
  };
  EXPECT_EQ(dtx(), 0);
  room.run(seconds(2), {});
  EXPECT_GE(dtx(), 4);
  const auto before = dtx();
  room.run(seconds(10), {});
  EXPECT_LE(dtx(), before + 1);
}

// [AUD-5]
TEST(Audio, WithoutLevelsAndWithoutEndThereIsSound) {
  AudioRoom room(20);
  room.meeting.world.run_for(seconds(2), [&room, step = 0]() mutable {
    if (step++ % 20 != 0) return;
    for (uint32_t i = 1; i <= 4; ++i) room.microphone(i).step(room.peer(i), true);
    room.microphone(20).send(room.peer(20), Bytes(60, 0x78), std::nullopt);
  });
  EXPECT_EQ(room.count_from(20), 100u);
}

// [AUD-1]: what a screen plays is not chosen among.
TEST(Audio, AlwaysForwardedIsNeverWithheld) {
  AudioRoom room(20);
  room.meeting.join(21);
  room.meeting.publish_audio(21, 21, true);
  room.meeting.add_slot(21, AudioRoom::kSubscriber, engine::MediaKind::kAudio);
  ASSERT_TRUE(room.meeting.world.connect_all());
  room.meeting.subscribe(21, 21, 21);
  testing_support::AudioSource screen(9999, "1");
  room.meeting.world.run_for(seconds(2), [&, step = 0]() mutable {
    if (step++ % 20 != 0) return;
    for (uint32_t i = 1; i <= 4; ++i) room.microphone(i).step(room.peer(i), true);
    screen.send_packet(room.peer(21), 90);
  });
  EXPECT_EQ(room.count_from(21), 100u);
}

// [AUD-7]: padding on the audio stream says a level of 0, as loud as can be.
TEST(Audio, PaddingIsNotHeard) {
  AudioRoom room(4, 1);
  room.run(seconds(1), {1});
  for (int i = 0; i < 50; ++i) {
    room.microphone(2).send(room.peer(2), {}, 0);
    room.run(millis(20), {1});
  }
  room.run(seconds(1), {1});
  EXPECT_EQ(room.count_from(2), 0u);
  EXPECT_EQ(room.meeting.world.dominant, handle(1));
}

std::vector<const ReceivedRtp*> packets_of(AudioRoom& room, uint32_t ssrc) {
  std::vector<const ReceivedRtp*> found;
  for (const ReceivedRtp& packet : room.received()) {
    if (packet.view.ssrc == ssrc) found.push_back(&packet);
  }
  return found;
}

// [RED-6]
TEST(Audio, RedPassesBetweenTwoWhoHaveIt) {
  AudioRoom room(1, 3, true, true);
  room.run(seconds(1), {1});
  const auto packets = packets_of(room, 5001);
  ASSERT_EQ(packets.size(), 50u);
  EXPECT_EQ(packets[0]->view.payload_type, kTheirOpus) << "nothing from before the entry";
  for (size_t i = 1; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i]->view.payload_type, kTheirRed);
    wire::RedPayload red;
    ASSERT_EQ(wire::parse_red(packets[i]->view.payload(), red), wire::ParseError::kNone);
    ASSERT_EQ(red.count, 2u);
    EXPECT_EQ(red.blocks[0].payload_type, kTheirOpus);
    EXPECT_EQ(red.blocks[0].timestamp_offset, 960);
    EXPECT_EQ(red.primary().size, 60);
  }
}

// [RED-4]: plain Opus for who has no RED, and what was lost on the way here is filled in.
TEST(Audio, RedIsUndoneForWhoHasNone) {
  AudioRoom room(1, 3, true, false);
  testing_support::SeededRandom random(5);
  size_t lost = 0;
  bool lose_next = false;
  room.meeting.world.run_for(seconds(20), [&, step = 0]() mutable {
    if (step++ % 20 != 0) return;
    room.microphone(1).step(room.peer(1), true);
    const bool lose = !lose_next && step > 100 && random.below(10) == 0;
    lose_next = lose;  // single losses
    if (!lose) return;
    ++lost;
    room.peer(1).outbox.clear();
  });
  const auto packets = packets_of(room, 5001);
  EXPECT_GT(lost, 50u);
  EXPECT_GE(packets.size() + 1, room.microphone(1).sent);
  EXPECT_NEAR(room.meeting.world.stats().audio_frames_recovered, static_cast<double>(lost), 1);
  for (size_t i = 1; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i]->view.payload_type, kTheirOpus);
    ASSERT_EQ(packets[i]->view.payload_size, 60);
    ASSERT_EQ(packets[i]->view.timestamp - packets[i - 1]->view.timestamp, 960u);
  }
  room.expect_contiguous();
}

// [RED-4]: a packet that was only late is not sent under its number again.
TEST(Audio, ALatePacketThatWasFilledInIsDropped) {
  AudioRoom room(1, 3, true, false);
  VirtualPeer& publisher = room.peer(1);
  room.run(millis(200), {1});
  const size_t before = room.received().size();
  room.microphone(1).step(publisher, true);
  room.microphone(1).step(publisher, true);
  ASSERT_EQ(publisher.outbox.size(), 2u);
  std::swap(publisher.outbox[0], publisher.outbox[1]);
  room.meeting.world.run_for(millis(5));
  EXPECT_EQ(room.received().size(), before + 2);
  room.expect_contiguous();
}

// [RED-5]
TEST(Audio, RedIsMadeForWhoHasIt) {
  AudioRoom room(1, 3, false, true);
  room.run(seconds(1), {1});
  const auto packets = packets_of(room, 5001);
  ASSERT_EQ(packets.size(), 50u);
  EXPECT_EQ(packets[0]->view.payload_type, kTheirOpus);
  for (size_t i = 1; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i]->view.payload_type, kTheirRed);
    ASSERT_TRUE(packets[i]->view.extensions().find(testing_support::kAudioLevelId).has_value());
    wire::RedPayload red;
    ASSERT_EQ(wire::parse_red(packets[i]->view.payload(), red), wire::ParseError::kNone);
    ASSERT_EQ(red.count, 2u);
    EXPECT_EQ(red.blocks[0].size, 60);
  }
  EXPECT_EQ(room.meeting.world.stats().audio_frames_repeated, 49);
}

// [RED-2]
TEST(Audio, MalformedRedIsDropped) {
  AudioRoom room(1, 3, true, false);
  room.run(millis(200), {1});
  const size_t before = room.received().size();
  const Bytes mid = testing_support::from_text("1");
  const wire::ExtensionElement element{testing_support::kMidId, mid};
  for (const Bytes& payload :
       {Bytes{0xef, 0x0f}, Bytes{0xef, 0x0f, 0xff, 0xff, 0x6f, 1}, Bytes{0x60, 1, 2, 3}}) {
    room.peer(1).send_rtp({.timestamp = room.microphone(1).timestamp(),
                           .ssrc = 1001,
                           .sequence = 65'520,
                           .payload_type = kRed,
                           .marker = false},
                          {&element, 1}, payload);
    room.meeting.world.run_for(millis(5));
  }
  EXPECT_EQ(room.received().size(), before);
  EXPECT_GE(room.meeting.world.stats().dropped_malformed_rtp, 1);
}

}  // namespace
