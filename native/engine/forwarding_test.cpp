// Media from a publisher to its subscribers through real ICE, DTLS and SRTP, in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "testing/meeting.h"

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

std::string_view mid_of(const ReceivedRtp& packet) {
  const auto value = packet.view.extensions().find(testing_support::kMidId);
  if (!value) return "";
  return {reinterpret_cast<const char*>(value->data()), value->size()};
}

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

}  // namespace
