// What a client hears of a node when nobody speaks: through real ICE, DTLS and SRTP, on virtual
// time. The bound is that of reliability: something each 300 ms.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "testing/meeting.h"
#include "wire/rtcp.h"
#include "wire/rtcp_receiver_report.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::VirtualPeer;

constexpr auto seconds = base::Duration::seconds;
constexpr auto millis = base::Duration::millis;
constexpr base::Duration kPromised = millis(300);

// A datagram that is one receiver report without blocks.
bool is_beat(const Bytes& compound) {
  wire::RtcpReader reader(compound);
  wire::RtcpBlock block;
  wire::ReceiverReport report;
  wire::ReportBlocks blocks;
  return compound.size() == 8 && reader.next(block) &&
         block.type == wire::RtcpType::kReceiverReport &&
         wire::parse_receiver_report(block, report, blocks) == wire::ParseError::kNone;
}

// Notes when a peer decrypts something.
class Listener {
 public:
  explicit Listener(const VirtualPeer& peer) : peer_(peer), heard_(count()) {}

  void begin(base::Instant now) { last_ = now; }
  void step(base::Instant now) {
    if (std::exchange(heard_, count()) != count()) last_ = now;
    longest_ = std::max(longest_, now - last_);
  }
  base::Duration longest() const { return longest_; }

 private:
  size_t count() const { return peer_.rtp.size() + peer_.rtcp.size(); }

  const VirtualPeer& peer_;
  size_t heard_;
  base::Instant last_;
  base::Duration longest_;
};

base::Duration longest_silence(Meeting& meeting, uint32_t transport, base::Duration span) {
  Listener listener(meeting.world.peer(transport));
  listener.begin(meeting.world.now());
  meeting.world.run_for(span, [&] { listener.step(meeting.world.now()); });
  return listener.longest();
}

size_t beats(const VirtualPeer& peer) {
  return static_cast<size_t>(std::ranges::count_if(peer.rtcp, is_beat));
}

// [TRN-20]
TEST(Heartbeat, OfAnIdleTransportComesEachQuarterOfASecond) {
  Meeting meeting;
  const VirtualPeer& alone = meeting.join(1);
  ASSERT_TRUE(meeting.world.connect_all());
  EXPECT_LE(longest_silence(meeting, 1, seconds(10)), kPromised);
  EXPECT_EQ(beats(alone), alone.rtcp.size()) << "nothing else is said";
  EXPECT_NEAR(static_cast<double>(beats(alone)), 40, 2);
  EXPECT_EQ(alone.undecryptable, 0u);
}

// [TRN-20]
TEST(Heartbeat, IsNotHeardBesideMedia) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(millis(500));
  const size_t before = beats(meeting.world.peer(2));
  meeting.run_media(seconds(5));
  EXPECT_EQ(beats(meeting.world.peer(2)), before);
}

// [TRN-20] Who publishes hears reports and feedback, and beats when they are rarer.
TEST(Heartbeat, FillsWhatReportsLeave) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(millis(500));
  Listener listener(meeting.world.peer(1));
  listener.begin(meeting.world.now());
  for (int64_t i = 0; i < 5'000; ++i) {
    meeting.send_media(i);
    meeting.world.run_for(millis(1));
    listener.step(meeting.world.now());
  }
  EXPECT_LE(listener.longest(), kPromised);
}

// [TRN-20] Opus sends a packet each 400 ms while somebody is silent (DTX).
TEST(Heartbeat, FillsWhatSilentSpeechLeaves) {
  Meeting meeting;
  meeting.join(1);
  const VirtualPeer& listener = meeting.join(2);
  meeting.publish_audio(2);
  meeting.add_slot(2, 2, engine::MediaKind::kAudio);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.subscribe(2, 2, 2);
  const size_t before = listener.rtp.size();
  for (int i = 0; i < 20; ++i) {
    meeting.microphone.send_packet(meeting.world.peer(1), 20);
    EXPECT_LE(longest_silence(meeting, 2, millis(400)), kPromised);
  }
  EXPECT_EQ(listener.rtp.size(), before + 20);
  EXPECT_NEAR(static_cast<double>(beats(listener)), 20, 2) << "one in each gap";
}

// [TRN-3], [TRN-20]
TEST(Heartbeat, EndsWithConsentAndComesBackWithIt) {
  Meeting meeting;
  VirtualPeer& peer = meeting.join(1);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.world.silence(1);
  EXPECT_LE(longest_silence(meeting, 1, seconds(14)), kPromised);
  meeting.world.run_for(millis(1'500));
  const size_t before = peer.datagrams_received;
  meeting.world.run_for(seconds(5));
  EXPECT_EQ(peer.datagrams_received, before);
  peer.check();
  meeting.world.run_for(millis(10));
  EXPECT_EQ(peer.datagrams_received, before + 2) << "the answer and a beat";
  EXPECT_LE(longest_silence(meeting, 1, seconds(5)), kPromised);
}

// [TRN-20]
TEST(Heartbeat, EndsWithTheTransport) {
  Meeting meeting;
  const VirtualPeer& peer = meeting.join(1);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.world.submit(engine::TransportCloseCommand{handle(1)});
  meeting.world.run_for(millis(10));
  const size_t before = peer.datagrams_received;
  meeting.world.run_for(seconds(2));
  EXPECT_EQ(peer.datagrams_received, before);
}

// [TRN-20]
TEST(Heartbeat, AllocatesNothing) {
  Meeting meeting;
  meeting.join(1);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.world.run_for(seconds(1));
  const uint64_t before = meeting.world.shard_allocations;
  meeting.world.run_for(seconds(5));
  EXPECT_EQ(meeting.world.shard_allocations, before);
}

// [TRN-20] Peers of a PlainTransport are programs; nobody has promised them anything.
TEST(Heartbeat, IsNoneOfAPlainTransport) {
  Meeting meeting;
  engine::TransportCreateCommand command{};
  command.transport = handle(9);
  command.room = handle(0);
  command.plaintext = true;
  ASSERT_EQ(meeting.world.submit(command), engine::CommandStatus::kOk);
  meeting.world.run_for(seconds(2));
  EXPECT_TRUE(meeting.world.plaintext_out.empty());
}

}  // namespace
