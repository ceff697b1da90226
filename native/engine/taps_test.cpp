// Taps: what of a publication comes to JavaScript. Rules: SPEC.md, [TAP-*].
#include "engine/taps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <vector>

#include "testing/linked_meetings.h"
#include "testing/simulcast.h"
#include "wire/red.h"
#include "wire/vp8.h"

namespace engine {
namespace {

using base::Duration;
using testing_support::Bytes;
using testing_support::handle;
using testing_support::LinkedMeetings;
using testing_support::Meeting;
using testing_support::ShardWorld;
using testing_support::SimulcastCamera;
using testing_support::TappedPacket;

constexpr uint32_t kTap = 700;  // of publication p this + p

CommandStatus tap(ShardWorld& world, uint32_t publication, MediaKind kind, size_t shard = 0) {
  const std::array video{testing_support::vp8_codec(), testing_support::h264_codec()};
  const std::array audio{testing_support::opus_codec()};
  const std::span<const Codec> codecs =
      kind == MediaKind::kVideo ? std::span<const Codec>(video) : std::span<const Codec>(audio);
  return world.submit(TapCreateCommand{handle(kTap + publication, shard),
                                       handle(publication, shard), List<Codec>(codecs)},
                      shard);
}

std::vector<TappedPacket> of(const ShardWorld& world, uint32_t publication) {
  std::vector<TappedPacket> packets;
  std::ranges::copy_if(world.tapped, std::back_inserter(packets), [&](const TappedPacket& it) {
    return it.subscription.index == kTap + publication;
  });
  return packets;
}

// From 0 on, each one, in order.
void expect_whole(const std::vector<TappedPacket>& packets) {
  for (size_t i = 0; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i].sequence, static_cast<int64_t>(i));
  }
}

// One publisher, its camera (1) and microphone (2) tapped.
struct TappedMeeting : Meeting {
  TappedMeeting() {
    join(1);
    publish_video(1);
    publish_audio(2);
    EXPECT_TRUE(world.connect_all());
    EXPECT_EQ(tap(world, 1, MediaKind::kVideo), CommandStatus::kOk);
    EXPECT_EQ(tap(world, 2, MediaKind::kAudio), CommandStatus::kOk);
  }
};

// The same, at the far end of a link.
struct TappedLink : LinkedMeetings {
  TappedLink() {
    near.join(1);
    near.publish_video(1);
    near.publish_audio(2);
    EXPECT_TRUE(near.world.connect_all());
    open();
    carry_camera();
    carry_microphone();
    EXPECT_EQ(tap(far.world, 1, MediaKind::kVideo), CommandStatus::kOk);
    EXPECT_EQ(tap(far.world, 2, MediaKind::kAudio), CommandStatus::kOk);
  }
};

// [TAP-1] [TAP-2]
TEST(Taps, GetEveryPacketOnceAndInOrder) {
  TappedMeeting it;
  it.run_media(Duration::seconds(10));
  it.world.run_for(kTapInterval);
  const auto video = of(it.world, 1);
  const auto audio = of(it.world, 2);
  EXPECT_EQ(video.size(), 500u) << "25 frames of two packets a second";
  EXPECT_EQ(audio.size(), 500u);
  expect_whole(video);
  expect_whole(audio);
  for (size_t i = 0; i < audio.size(); ++i) {
    ASSERT_EQ(audio[i].payload, Bytes(80, 0x78));
    ASSERT_EQ(audio[i].codec, CodecKind::kOpus);
    if (i > 0) ASSERT_EQ(audio[i].timestamp - audio[i - 1].timestamp, 960);
  }
  for (size_t i = 0; i < video.size(); ++i) {
    ASSERT_EQ(video[i].codec, CodecKind::kVp8);
    ASSERT_EQ(video[i].marker, i % 2 == 1);
    ASSERT_EQ(video[i].timestamp - video[0].timestamp, static_cast<int64_t>(i / 2) * 3600)
        << "beyond the wrap of its 32 bits";
  }
  EXPECT_LE(it.world.tapped_batches, 501u) << "JavaScript is not woken for each";
}

// [TAP-2]: an Opus packet that comes alone does not wait longer either.
TEST(Taps, HoldPacketsForTheIntervalAtMost) {
  TappedMeeting it;
  it.run_media(Duration::millis(100));
  it.world.run_for(kTapInterval);
  it.world.tapped.clear();
  it.microphone.send_packet(it.world.peer(1), 20);
  it.world.run_for(kTapInterval - Duration::millis(2));
  EXPECT_TRUE(it.world.tapped.empty());
  it.world.run_for(Duration::millis(4));
  ASSERT_EQ(it.world.tapped.size(), 1u);
  const base::Duration waited = it.world.now() - base::Instant{it.world.tapped[0].arrived_us};
  EXPECT_LE(waited, kTapInterval + Duration::millis(3));
}

// [TAP-3]
TEST(Taps, KnowWhenAPacketWasCaptured) {
  TappedMeeting it;
  it.run_media(Duration::seconds(5));  // its first report comes after 10 ms
  const auto video = of(it.world, 1);
  ASSERT_FALSE(video.empty());
  EXPECT_FALSE(video.front().captured_us) << "before any report";
  EXPECT_TRUE(std::ranges::all_of(video.begin() + 2, video.end(),
                                  [](const auto& it) { return it.captured_us.has_value(); }));
  for (size_t i = 4; i < video.size(); i += 2) {
    EXPECT_EQ(*video[i].captured_us - *video[i - 2].captured_us, 40'000);
  }
  const auto audio = of(it.world, 2);
  EXPECT_TRUE(std::ranges::none_of(audio, [](const auto& it) {
    return it.captured_us.has_value();
  })) << "the microphone sends no reports";
}

// [TAP-4]: from the lowest encoding to the best one, and to the middle when that stops.
TEST(Taps, AreOneStreamOverChangesOfEncoding) {
  Meeting it;
  SimulcastCamera camera;
  it.join(1);
  camera.publish(it, 1);
  ASSERT_TRUE(it.world.connect_all());
  camera.stopped = {false, true, true};
  tap(it.world, 1, MediaKind::kVideo);
  camera.run(it, Duration::seconds(3));
  camera.stopped = {false, false, false};
  camera.run(it, Duration::seconds(3));
  EXPECT_EQ(it.world.subscription_states.back().spatial, 2);
  camera.stopped = {false, false, true};
  camera.run(it, Duration::seconds(3));
  EXPECT_EQ(it.world.subscription_states.back().spatial, 1);
  const auto packets = of(it.world, 1);
  ASSERT_GT(packets.size(), 300u);
  expect_whole(packets);
  for (size_t i = 1; i < packets.size(); ++i) {
    EXPECT_GE(packets[i].timestamp, packets[i - 1].timestamp);
    EXPECT_EQ(packets[i].timestamp != packets[i - 1].timestamp, packets[i - 1].marker);
    if (packets[i].captured_us && packets[i - 1].captured_us) {
      EXPECT_GE(*packets[i].captured_us, *packets[i - 1].captured_us);
    }
  }
}

// [TAP-5]: whoever is loud, of a room that leaves nobody out, silence too.
TEST(Taps, HearEverybody) {
  for (const uint8_t loudest : std::array<uint8_t, 2>{0, 255}) {
    Meeting it;
    it.make_room(loudest, false);
    constexpr uint32_t kPeople = 8;
    std::vector<testing_support::AudioSource> microphones;
    for (uint32_t i = 1; i <= kPeople; ++i) {
      it.join(i);
      it.publish_audio(i, i);
      microphones.emplace_back(1000 + i, "1");
    }
    ASSERT_TRUE(it.world.connect_all());
    for (uint32_t i = 1; i <= kPeople; ++i) tap(it.world, i, MediaKind::kAudio);
    int64_t step = 0;
    it.world.run_for(Duration::seconds(5), [&] {
      if (step++ % 20 != 0) return;
      for (uint32_t i = 0; i < kPeople; ++i) {
        microphones[i].send_packet(it.world.peer(i + 1), i < 3 ? 20 : 127);
      }
    });
    it.world.run_for(kTapInterval);
    for (uint32_t i = 1; i <= kPeople; ++i) {
      const auto packets = of(it.world, i);
      EXPECT_EQ(packets.size(), 250u) << i;
      expect_whole(packets);
    }
    EXPECT_EQ(it.world.stats().dropped_silence + it.world.stats().dropped_not_loudest, 0);
  }
}

// [TAP-6]
TEST(Taps, GetNothingOfWhatIsMuted) {
  TappedMeeting it;
  it.run_media(Duration::seconds(1));
  it.set_muted(1, true);
  it.set_muted(2, true);
  it.world.run_for(kTapInterval);
  const size_t before = it.world.tapped.size();
  const size_t asked = it.key_frame_requests;
  it.run_media(Duration::seconds(2));
  EXPECT_EQ(it.world.tapped.size(), before);
  EXPECT_EQ(it.world.subscription_states.back().reason, SubscriptionReason::kMuted);
  it.set_muted(1, false);
  it.set_muted(2, false);
  it.run_media(Duration::seconds(1));
  EXPECT_GT(it.key_frame_requests, asked) << "a picture begins anew";
  expect_whole(of(it.world, 1));
  expect_whole(of(it.world, 2));
  EXPECT_GT(it.world.tapped.size(), before + 80);
}

// [TAP-7]: what waits is told before the answer, and nothing after it.
TEST(Taps, EndWithWhatWaits) {
  TappedMeeting it;
  it.run_media(Duration::millis(510));
  const size_t before = of(it.world, 2).size();
  it.microphone.send_packet(it.world.peer(1), 20);
  it.world.run_for(Duration::millis(1));
  EXPECT_EQ(of(it.world, 2).size(), before);
  EXPECT_EQ(it.world.submit(SubscriptionCloseCommand{handle(kTap + 2)}), CommandStatus::kOk);
  const size_t after = of(it.world, 2).size();
  EXPECT_GT(after, before);
  it.run_media(Duration::millis(200));
  EXPECT_EQ(of(it.world, 2).size(), after);
  EXPECT_EQ(it.world.submit(SubscriptionCloseCommand{handle(kTap + 2)}),
            CommandStatus::kUnknownHandle);
  EXPECT_EQ(it.world.submit(PublicationCloseCommand{handle(1)}), CommandStatus::kOk);
  EXPECT_EQ(it.world.submit(SubscriptionCloseCommand{handle(kTap + 1)}),
            CommandStatus::kUnknownHandle);
}

TEST(Taps, AreRefusedWhereTheyCannotBe) {
  TappedMeeting it;
  EXPECT_EQ(tap(it.world, 77, MediaKind::kVideo), CommandStatus::kUnknownHandle);
  EXPECT_EQ(tap(it.world, 1, MediaKind::kVideo), CommandStatus::kHandleInUse);
  EXPECT_EQ(it.world.submit(TapCreateCommand{handle(1), handle(1), {}}),
            CommandStatus::kInvalidArgument);
}

// [TAP-4]: who comes later begins with what is held of the last key frame.
TEST(Taps, BeginWithAKeyFrame) {
  Meeting it;
  it.join(1);
  it.publish_video(1);
  ASSERT_TRUE(it.world.connect_all());
  it.run_media(Duration::seconds(2));
  tap(it.world, 1, MediaKind::kVideo);
  it.run_media(Duration::seconds(2));
  const auto packets = of(it.world, 1);
  ASSERT_FALSE(packets.empty());
  // VP8 (RFC 7741): after the descriptor, P = 0 in the first bit of the frame tag.
  const Bytes& first = packets.front().payload;
  wire::Vp8Descriptor descriptor;
  ASSERT_EQ(wire::parse_vp8(first, descriptor), wire::ParseError::kNone);
  EXPECT_EQ(first[descriptor.size] & 1, 0);
  expect_whole(packets);
}

// [TAP-8]
TEST(Taps, AreServedOnAnyShard) {
  Meeting it(1, 2);
  it.join(1);
  it.publish_video(1);
  it.publish_audio(2);
  it.relay_video(1, 0, 1);
  it.relay_audio(2, 0, 1);
  ASSERT_TRUE(it.world.connect_all());
  tap(it.world, 1, MediaKind::kVideo, 1);
  tap(it.world, 2, MediaKind::kAudio, 1);
  it.run_media(Duration::seconds(3));
  it.world.run_for(kTapInterval);
  const auto audio = of(it.world, 2);
  EXPECT_GE(audio.size(), 149u);
  EXPECT_GE(of(it.world, 1).size(), 140u);
  expect_whole(audio);
  expect_whole(of(it.world, 1));
}

// [TAP-9]: over a lossy link each packet comes once, late ones with their number.
TEST(Taps, GetWhatIsRepairedOnALinkOnce) {
  TappedLink it;
  it.run_media(Duration::seconds(3));
  it.there.loss = it.back.loss = 5;
  it.run_media(Duration::seconds(20));
  it.there.loss = it.back.loss = 0;
  it.run_media(Duration::seconds(1));
  size_t late = 0;
  for (const uint32_t publication : {1u, 2u}) {
    const auto packets = of(it.far.world, publication);
    std::set<int64_t> numbers;
    for (const TappedPacket& packet : packets) {
      late += !numbers.empty() && packet.sequence < *numbers.rbegin() ? 1 : 0;
      EXPECT_TRUE(numbers.insert(packet.sequence).second) << "twice: " << packet.sequence;
    }
    ASSERT_GT(numbers.size(), 1000u);
    EXPECT_EQ(*numbers.begin(), 0);
    const auto last = static_cast<size_t>(*numbers.rbegin());
    EXPECT_EQ(numbers.size(), last + 1) << "nothing is missing of " << publication;
  }
  EXPECT_GT(late, 40u);
}

// [TAP-9]: also where a key frame follows what is missing.
TEST(Taps, GetWhatIsRepairedBeforeAKeyFrame) {
  TappedLink it;
  it.there.loss = it.back.loss = 5;
  int64_t step = 0;
  const auto play = [&] {
    if (step % 40 == 0) it.near.camera.send_frame(it.near.world.peer(1), step % 1000 == 0);
    ++step;
  };
  it.run(Duration::seconds(120), play);
  it.there.loss = it.back.loss = 0;
  it.run(Duration::seconds(1), play);
  std::set<int64_t> numbers;
  for (const TappedPacket& packet : of(it.far.world, 1)) numbers.insert(packet.sequence);
  ASSERT_GT(numbers.size(), 5000u);
  EXPECT_EQ(numbers.size(), static_cast<size_t>(*numbers.rbegin() + 1)) << "nothing is missing";
}

// A microphone with RED: each packet has its number, and the one before it.
class RedMicrophone {
 public:
  void publish(Meeting& meeting) {
    Codec red = testing_support::opus_codec();
    red.payload_type = testing_support::kRed;
    red.codec = CodecKind::kRed;
    red.format = testing_support::kRedFormat;
    const std::array codecs{red, testing_support::opus_codec()};
    const Encoding encoding{"", kSsrc, 0};
    meeting.world.submit(PublicationCreateCommand{
        .publication = handle(2),
        .room = handle(0),
        .transport = handle(1),
        .kind = MediaKind::kAudio,
        .mid = "1",
        .codecs = List<Codec>(std::span<const Codec>(codecs)),
        .encodings = List<Encoding>(std::span<const Encoding>(&encoding, 1)),
        .muted = false,
        .always_forwarded = false});
  }
  void send(testing_support::VirtualPeer& peer) {
    const Bytes before = frame_of(number_ - 1);
    const Bytes frame = frame_of(number_);
    const auto size = static_cast<uint16_t>(before.size());
    const std::array<wire::RedBlock, 2> blocks{
        {{testing_support::kOpus, 960, 0, size}, {testing_support::kOpus, 0, 0, 0}}};
    Bytes payload(8);
    payload.resize(wire::write_red_header(blocks, payload));
    payload.insert(payload.end(), before.begin(), before.end());
    payload.insert(payload.end(), frame.begin(), frame.end());
    peer.send_rtp({.timestamp = 960 * number_,
                   .ssrc = kSsrc,
                   .sequence = static_cast<uint16_t>(number_),
                   .payload_type = testing_support::kRed,
                   .marker = false},
                  {}, payload);
    ++number_;
  }
  static Bytes frame_of(uint32_t number) {
    Bytes frame(40, 0x78);
    for (size_t i = 0; i < 4; ++i) frame[36 + i] = static_cast<uint8_t>(number >> (8 * i));
    return frame;
  }

 private:
  static constexpr uint32_t kSsrc = 2222;
  uint32_t number_ = 1;
};

// [LINK-8] [TAP-9]: what RED does not bring is asked for, as often as it takes, and comes as RED.
TEST(Taps, HearAllOfRedOverALossyLink) {
  LinkedMeetings it;
  it.near.join(1);
  RedMicrophone microphone;
  microphone.publish(it.near);
  ASSERT_TRUE(it.near.world.connect_all());
  it.open();
  it.carry_red_microphone();
  tap(it.far.world, 2, MediaKind::kAudio);
  int64_t step = 0;
  const auto speak = [&] {
    if (step++ % 20 == 0) microphone.send(it.near.world.peer(1));
  };
  it.run(Duration::seconds(2), speak);
  it.there.loss = it.back.loss = 5;
  it.run(Duration::seconds(120), speak);
  it.there.loss = it.back.loss = 0;
  it.run(Duration::seconds(1), speak);
  std::set<int64_t> numbers;
  for (const TappedPacket& packet : of(it.far.world, 2)) {
    EXPECT_TRUE(numbers.insert(packet.sequence).second) << "twice: " << packet.sequence;
    const auto number = static_cast<uint32_t>(packet.timestamp / 960);
    EXPECT_EQ(packet.codec, CodecKind::kOpus);
    ASSERT_EQ(packet.payload, RedMicrophone::frame_of(number)) << packet.sequence;
  }
  ASSERT_GT(numbers.size(), 6000u);
  EXPECT_EQ(numbers.size(), static_cast<size_t>(*numbers.rbegin() + 1)) << "nothing is missing";
}

// [TAP-3]: over a link by its reports, each second, tied to one clock for sound and picture.
TEST(Taps, AreTiedToOneClockOverALink) {
  TappedLink it;
  int64_t step = 0;
  it.run(Duration::seconds(30), [&] {
    if (step % 1000 == 500) {
      it.near.microphone.send_sender_report(it.near.world.peer(1), it.near.world.now());
    }
    it.near.send_media(step++);
  });
  // Both were sent in the same millisecond each 40 ms.
  const auto video = of(it.far.world, 1);
  const auto audio = of(it.far.world, 2);
  const int64_t at_us = video[video.size() - 100].arrived_us;
  const auto sound = std::ranges::find(audio, at_us, &TappedPacket::arrived_us);
  ASSERT_NE(sound, audio.end());
  const auto& picture = video[video.size() - 100];
  ASSERT_TRUE(picture.captured_us && sound->captured_us);
  // By its reports a frame of this camera was captured 30 ms before it was sent, sound as it was.
  EXPECT_NEAR(static_cast<double>(*sound->captured_us - *picture.captured_us), 30'000, 100);
  for (const auto* packets : {&video, &audio}) {
    for (size_t i = 1; i < packets->size(); ++i) {
      const TappedPacket& packet = (*packets)[i];
      const TappedPacket& before = (*packets)[i - 1];
      if (!packet.captured_us || !before.captured_us) continue;
      ASSERT_GE(*packet.captured_us, *before.captured_us);
      EXPECT_NEAR(static_cast<double>(*packet.captured_us - *before.captured_us),
                  static_cast<double>(packet.arrived_us - before.arrived_us), 1500);
    }
  }
  const auto first_known = std::ranges::find_if(
      audio, [](const TappedPacket& packet) { return packet.captured_us.has_value(); });
  ASSERT_NE(first_known, audio.end());
  EXPECT_LT(first_known->arrived_us - audio.front().arrived_us, 2'500'000);
}

}  // namespace
}  // namespace engine
