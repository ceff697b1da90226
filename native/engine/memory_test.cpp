// What a subscriber takes of the heap while it is sent a real stream. Packets themselves are not in
// it: all subscribers share them.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "testing/meeting.h"
#include "testing/twcc_reporter.h"

namespace {

using engine::MediaKind;
using testing_support::Meeting;
using testing_support::TwccReporter;

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

}  // namespace
