// What a subscriber takes of the heap while it is sent a real stream. Packets themselves are not in
// it: all subscribers share them.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "testing/meeting.h"
#include "testing/twcc_reporter.h"

namespace {

using engine::MediaKind;
using testing_support::AudioSource;
using testing_support::Meeting;
using testing_support::TwccReporter;
using testing_support::VideoSource;
using testing_support::VirtualPeer;

constexpr auto millis = base::Duration::millis;
constexpr uint32_t kAudience = 30;

// A meeting with a camera of 2.5 Mbit/s (two packets of 900 bytes every 6 ms) and a microphone,
// and subscribers who send transport-wide feedback.
class Hall : public Meeting {
 public:
  Hall() {
    join(1);
    publish_video(1);
    publish_audio(2);
    world.connect_all();
  }

  void admit(uint32_t people) {
    for (uint32_t i = 0; i < people; ++i) {
      testing_support::VirtualPeer& peer = join(next());
      reporters_.push_back(std::make_unique<TwccReporter>(peer, testing_support::kTransportCcId));
    }
    world.connect_all();
  }
  // Everybody who has come since the last call receives this kind too.
  void subscribe_all(MediaKind kind) {
    const uint32_t publication = kind == MediaKind::kVideo ? 1 : 2;
    uint32_t& first = kind == MediaKind::kVideo ? first_without_video_ : first_without_audio_;
    for (; first < next(); ++first) {
      const uint32_t slot = (2 * first) + publication;
      add_slot(slot, first, kind);
      subscribe(slot, publication, slot);
    }
  }
  // 2 s: longer than history holds.
  int64_t bytes_when_it_flows() {
    uint32_t step = 0;
    world.run_for(millis(2000), [&] {
      if (step % 6 == 0) camera.send_frame(world.peer(1), step == 0);
      if (step % 20 == 0) microphone.send_packet(world.peer(1), 20);
      for (const auto& reporter : reporters_) reporter->step(world.now());
      ++step;
    });
    return world.shard_heap_bytes;
  }

 private:
  uint32_t next() const { return 2 + static_cast<uint32_t>(reporters_.size()); }

  std::vector<std::unique_ptr<TwccReporter>> reporters_;
  uint32_t first_without_video_ = 2;
  uint32_t first_without_audio_ = 2;
};

void report(const char* what, int64_t bytes) {
  testing::Test::RecordProperty(what, std::to_string(bytes));
}

// What one more takes; the first one's share of what all have is left out. Most of a transport is
// OpenSSL's: 22 kB of it is the buffer of a handshake that is over, which DTLS keeps to repeat its
// last flight. Most of a video subscription is the ring of its history: 512 packets.
TEST(Memory, OfASubscriber) {
  Hall hall;
  hall.admit(1);
  hall.subscribe_all(MediaKind::kVideo);
  hall.subscribe_all(MediaKind::kAudio);
  const int64_t alone = hall.bytes_when_it_flows();
  hall.admit(kAudience);
  const int64_t connected = hall.bytes_when_it_flows();
  hall.subscribe_all(MediaKind::kVideo);
  const int64_t with_video = hall.bytes_when_it_flows();
  hall.subscribe_all(MediaKind::kAudio);
  const int64_t with_audio = hall.bytes_when_it_flows();

  const int64_t transport = (connected - alone) / kAudience;
  const int64_t video = (with_video - connected) / kAudience;
  const int64_t audio = (with_audio - with_video) / kAudience;
  report("transport_bytes", transport);
  report("video_subscription_bytes", video);
  report("audio_subscription_bytes", audio);
  EXPECT_LE(transport, 56 * 1024);
  EXPECT_LE(video, 48 * 1024);  // the bar
  EXPECT_LE(audio, 5 * 1024);
}

// A meeting of twelve as people hold it: everybody publishes a microphone and three encodings of a
// camera on one transport, and receives on another one picture of 2.5 Mbit/s, ten small ones and
// eleven sounds.
class Table {
 public:
  static constexpr uint32_t kPeople = 12;

  // Names of its objects begin at `first`.
  Table(Meeting& meeting, uint32_t first) : meeting_(meeting), first_(first) {
    for (uint32_t i = 0; i < kPeople; ++i) seat(i);
    meeting.world.connect_all();
    for (uint32_t i = 0; i < kPeople; ++i) publish(i);
    for (uint32_t i = 0; i < kPeople; ++i) watch(i);
  }

  void step(uint32_t ms) {
    for (uint32_t i = 0; i < kPeople; ++i) {
      VirtualPeer& peer = meeting_.world.peer(up(i));
      for (uint32_t encoding = 0; encoding < kEncodings; ++encoding) {
        const bool is_large = encoding == kEncodings - 1 && i < 2;
        if (ms % (is_large ? 6 : 40) == 0) cameras_[i][encoding].send_frame(peer, ms == 0);
      }
      if (ms % 20 == 0) microphones_[i].send_packet(peer, 20);
    }
    for (const auto& reporter : reporters_) reporter->step(meeting_.world.now());
  }

 private:
  static constexpr uint32_t kEncodings = 3;
  static constexpr std::array<const char*, kEncodings> kRids{"q", "h", "f"};

  uint32_t up(uint32_t person) const { return first_ + person; }
  uint32_t down(uint32_t person) const { return first_ + kPeople + person; }
  uint32_t video(uint32_t person) const { return first_ + 2 * person; }
  uint32_t audio(uint32_t person) const { return first_ + 2 * person + 1; }
  uint32_t ssrc(uint32_t person, uint32_t encoding) const {
    return 100'000 + 100 * (first_ + person) + encoding;
  }

  void seat(uint32_t person) {
    meeting_.join(up(person));
    VirtualPeer& viewer = meeting_.join(down(person));
    reporters_.push_back(std::make_unique<TwccReporter>(viewer, testing_support::kTransportCcId));
    for (uint32_t encoding = 0; encoding < kEncodings; ++encoding) {
      cameras_[person].emplace_back(ssrc(person, encoding), "0");
    }
    microphones_.emplace_back(ssrc(person, kEncodings), "1");
  }
  void publish(uint32_t person) {
    const engine::Codec codec = testing_support::vp8_codec();
    std::vector<engine::Encoding> encodings;
    for (uint32_t i = 0; i < kEncodings; ++i) {
      encodings.push_back({kRids[i], ssrc(person, i), ssrc(person, i) + 50});
    }
    meeting_.world.submit(engine::PublicationCreateCommand{
        .publication = testing_support::handle(video(person)),
        .room = testing_support::handle(meeting_.room()),
        .transport = testing_support::handle(up(person)),
        .kind = MediaKind::kVideo,
        .mid = "0",
        .codecs = engine::List<engine::Codec>(std::span(&codec, 1)),
        .encodings = engine::List<engine::Encoding>(std::span<const engine::Encoding>(encodings)),
        .muted = false,
        .always_forwarded = false});
    meeting_.publish_audio(audio(person), up(person));
  }
  void watch(uint32_t viewer) {
    for (uint32_t other = 0; other < kPeople; ++other) {
      if (other == viewer) continue;
      const uint32_t slot = 100 * down(viewer) + 2 * other;
      meeting_.add_slot(slot, down(viewer), MediaKind::kVideo);
      meeting_.add_slot(slot + 1, down(viewer), MediaKind::kAudio);
      const uint8_t layer = other == (viewer == 0 ? 1 : 0) ? 255 : 0;
      meeting_.world.submit(engine::SubscriptionCreateCommand{
          testing_support::handle(slot), testing_support::handle(video(other)),
          testing_support::handle(slot), true, layer, 255});
      meeting_.subscribe(slot + 1, audio(other), slot + 1);
    }
  }

  Meeting& meeting_;
  uint32_t first_;
  std::array<std::vector<VideoSource>, kPeople> cameras_;
  std::vector<AudioSource> microphones_;
  std::vector<std::unique_ptr<TwccReporter>> reporters_;
};

// JavaScript's part for each of twelve (`./run bench memory`: 63 KiB) comes on top: 400 KiB
// together.
TEST(Memory, OfAParticipantOfTwelve) {
  Meeting meeting;
  uint32_t ms = 0;
  std::vector<std::unique_ptr<Table>> tables;
  const auto bytes_with_another = [&] {
    if (!tables.empty()) meeting.make_room(0, false);
    tables.push_back(
        std::make_unique<Table>(meeting, 1 + 50 * static_cast<uint32_t>(tables.size())));
    ms = 0;
    meeting.world.run_for(millis(2000), [&] {
      for (const auto& table : tables) table->step(ms);
      ++ms;
    });
    return meeting.world.shard_heap_bytes;
  };
  const int64_t first = bytes_with_another();
  const int64_t both = bytes_with_another();
  const int64_t participant = (both - first) / Table::kPeople;
  report("participant_bytes", participant);
  EXPECT_LE(participant, 332 * 1024);
}

}  // namespace
