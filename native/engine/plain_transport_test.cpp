// PlainTransports in a shard: RTP from programs without ICE and DTLS, to browsers and back.
#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"
#include "testing/meeting.h"
#include "wire/demux.h"
#include "wire/plain_token.h"

namespace testing_support {
namespace {

constexpr uint32_t kPlain = 9;
const base::SocketAddress our_address = *base::SocketAddress::parse("127.0.0.1", 40000);

base::FiveTuple path_from(uint16_t port) {
  return {our_address, *base::SocketAddress::parse("127.0.0.1", port)};
}

engine::PlainTransportCreateCommand creation(uint16_t remote_port, uint16_t rtcp_port = 0) {
  engine::PlainTransportCreateCommand command;
  command.transport = handle(kPlain);
  command.room = handle(0);
  command.local_ip = "127.0.0.1";
  command.local_port = our_address.port;
  command.remote_ip = "127.0.0.1";
  command.remote_port = remote_port;
  command.remote_rtcp_port = rtcp_port;
  return command;
}

// Id 7, secret of ones.
Bytes token_of(uint8_t secret = 1) {
  Bytes token(40, secret);
  std::fill_n(token.begin(), 8, uint8_t{0});
  token[7] = 7;
  return token;
}

engine::PlainTransportCreateCommand learning(const Bytes& token) {
  engine::PlainTransportCreateCommand command = creation(0);
  command.remote_ip = {};
  command.token = token;
  return command;
}

Bytes token_datagram(const Bytes& token) {
  Bytes datagram = {'P', 'L', 'N', 1};
  datagram.insert(datagram.end(), token.begin(), token.end());
  return datagram;
}

// One VP8 frame in a packet; a key frame each time.
Bytes rtp(uint16_t sequence) {
  Bytes packet = {0x80,
                  0x80 | 96,
                  static_cast<uint8_t>(sequence >> 8),
                  static_cast<uint8_t>(sequence),
                  0,
                  0,
                  0,
                  static_cast<uint8_t>(sequence),
                  0,
                  0,
                  0x04,
                  0x57};
  const std::array<uint8_t, 11> frame = {0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0};
  packet.insert(packet.end(), frame.begin(), frame.end());
  return packet;
}

class EnginePlainTransport : public testing::Test {
 protected:
  // The camera of the plain transport, seen by browser 2.
  void publish() {
    ASSERT_EQ(meeting.publish_video(1, 1111, 0, kPlain), engine::CommandStatus::kOk);
    meeting.join(2);
    ASSERT_TRUE(meeting.world.connect_all());
    meeting.add_slot(1, 2, engine::MediaKind::kVideo);
    meeting.subscribe(1, 1, 1);
  }
  size_t send_frames(uint16_t port, uint16_t first, uint16_t count = 5) {
    const size_t before = browser().rtp.size();
    for (uint16_t i = 0; i < count; ++i) {
      meeting.world.deliver(path_from(port), rtp(static_cast<uint16_t>(first + i)));
      meeting.world.run_for(base::Duration::millis(20));
    }
    return browser().rtp.size() - before;
  }
  VirtualPeer& browser() { return meeting.world.peer(2); }

  Meeting meeting;
};

TEST_F(EnginePlainTransport, MediaComesFromTheGivenAddressAlone_PLAIN_4) {
  ASSERT_EQ(meeting.world.submit(creation(5004, 5005)), engine::CommandStatus::kOk);
  ASSERT_FALSE(meeting.world.transport_states.empty());
  EXPECT_EQ(meeting.world.transport_states.back().state, engine::TransportState::kConnected);
  publish();
  EXPECT_EQ(send_frames(5004, 10), 5u);
  EXPECT_EQ(send_frames(6000, 20), 0u);
  EXPECT_EQ(meeting.world.stats().dropped_unknown_address, 5);
  // Its reports go to the other port.
  meeting.world.run_for(base::Duration::seconds(3));
  ASSERT_FALSE(meeting.world.plaintext_paths.empty());
  for (const base::FiveTuple& path : meeting.world.plaintext_paths) {
    EXPECT_EQ(path, path_from(5005));
  }
}

TEST_F(EnginePlainTransport, TheAddressIsLearnedByTokenAndStays_PLAIN_2) {
  const Bytes token = token_of();
  ASSERT_EQ(meeting.world.submit(learning(token)), engine::CommandStatus::kOk);
  publish();
  EXPECT_EQ(send_frames(5004, 10), 0u);  // RTP alone proves nothing
  meeting.world.deliver(path_from(5004), token_datagram(token));
  meeting.world.run_for(base::Duration::millis(1));
  EXPECT_EQ(meeting.world.transport_states.back().reason, engine::TransportReason::kAddressLearned);
  ASSERT_EQ(meeting.world.plaintext_out.size(), 1u);
  EXPECT_EQ(meeting.world.plaintext_out[0].second.size(), wire::kPlainAnswerSize);
  EXPECT_EQ(meeting.world.plaintext_paths[0], path_from(5004));
  EXPECT_EQ(send_frames(5004, 20), 5u);

  meeting.world.deliver(path_from(6000), token_datagram(token));
  EXPECT_EQ(send_frames(6000, 30), 0u);
  EXPECT_EQ(send_frames(5004, 40), 5u);
  EXPECT_EQ(meeting.world.stats().dropped_plain_token, 1);
}

TEST_F(EnginePlainTransport, WrongTokensGetNoByte_PLAIN_3) {
  const Bytes token = token_of();
  ASSERT_EQ(meeting.world.submit(learning(token)), engine::CommandStatus::kOk);
  Bytes unknown_id = token;
  unknown_id[0] = 1;
  for (int i = 0; i < 20; ++i) {
    meeting.world.deliver(path_from(5004), token_datagram(token_of(2)));
    meeting.world.deliver(path_from(5004), token_datagram(unknown_id));
  }
  meeting.world.deliver(path_from(5004), token_datagram(token));  // too late
  meeting.world.run_for(base::Duration::millis(1));
  EXPECT_TRUE(meeting.world.plaintext_out.empty());
  EXPECT_EQ(meeting.world.stats().dropped_plain_token, 41);
}

TEST_F(EnginePlainTransport, CommandsThatDoNotFitAreRefused) {
  using engine::CommandStatus;
  const Bytes token = token_of();
  const Bytes key(28, 1);
  const Bytes other(28, 2);
  auto command = creation(5004);
  command.local_ip = "nowhere";
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kInvalidArgument);
  command = creation(0);
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kInvalidArgument);
  command = creation(5004);
  command.token = token;
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kInvalidArgument);
  command = learning(key);  // of another length
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kInvalidArgument);
  command = creation(5004);
  command.inbound_key = key;  // without a profile
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kInvalidArgument);
  command.profile = engine::SrtpProfile::kAeadAes128Gcm;
  command.outbound_key = key;  // one key for both directions
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kInvalidArgument);
  command.outbound_key = other;
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kOk);
  command = creation(5004);
  command.transport = handle(10);
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kWrongState);  // taken
  EXPECT_EQ(meeting.world.submit(engine::TransportCloseCommand{handle(kPlain)}),
            CommandStatus::kOk);
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kOk);
}

TEST_F(EnginePlainTransport, SrtpUnderGivenKeysBothWays) {
  for (const bool is_gcm : {true, false}) {
    Meeting own;
    ShardWorld& world = own.world;
    const auto profile =
        is_gcm ? crypto::SrtpProfile::kAeadAes128Gcm : crypto::SrtpProfile::kAes128CmSha1_80;
    const size_t size = 16 + crypto::srtp_salt_size(profile);
    Bytes there(size);
    Bytes back(size);
    std::iota(there.begin(), there.end(), uint8_t{1});
    std::iota(back.begin(), back.end(), uint8_t{100});
    auto command = creation(5004);
    command.profile = static_cast<engine::SrtpProfile>(profile);
    command.inbound_key = there;
    command.outbound_key = back;
    ASSERT_EQ(world.submit(command), engine::CommandStatus::kOk);
    const auto master = [&](const Bytes& bytes) {
      crypto::SrtpMasterKey key;
      key.profile = profile;
      std::copy_n(bytes.begin(), 16, key.key.begin());
      std::copy(bytes.begin() + 16, bytes.end(), key.salt.begin());
      return key;
    };
    srtp::OutboundContext sender(world.cipher(), master(there));
    srtp::InboundContext receiver(world.cipher(), master(back));

    own.publish_video(1, 1111, 0, kPlain);
    own.join(2);
    ASSERT_TRUE(world.connect_all());
    own.add_slot(1, 2, engine::MediaKind::kVideo);
    own.subscribe(1, 1, 1);
    const Bytes plain = rtp(1);
    crypto::ProtectJob job;
    Bytes packet(plain.size() + crypto::kMaxSrtpOverhead);
    const std::span<const uint8_t> all = plain;
    ASSERT_TRUE(sender.prepare_rtp(all.first(12), {}, all.subspan(12), packet.data(), job));
    world.cipher().protect({&job, 1});
    packet.resize(job.output_size());
    world.deliver(path_from(5004), plain);  // not protected: refused
    world.deliver(path_from(5004), packet);
    world.run_for(base::Duration::seconds(2));
    EXPECT_EQ(world.peer(2).rtp.size(), 1u);
    EXPECT_EQ(world.stats().dropped_srtp_auth + world.stats().dropped_srtp_short, 1);
    ASSERT_FALSE(world.plaintext_out.empty());  // receiver reports
    Bytes report = world.plaintext_out[0].second;
    EXPECT_EQ(receiver.unprotect_rtcp(report).result, srtp::Result::kOk);
  }
}

TEST_F(EnginePlainTransport, ReceivesWhatBrowsersPublish) {
  ASSERT_EQ(meeting.world.submit(creation(5004, 5005)), engine::CommandStatus::kOk);
  meeting.join(1);
  ASSERT_TRUE(meeting.world.connect_all());
  meeting.publish_video(1, 1111);
  meeting.add_slot(3, kPlain, engine::MediaKind::kVideo);
  meeting.subscribe(3, 1, 3);
  meeting.run_media(base::Duration::seconds(2));
  size_t media = 0;
  size_t reports = 0;
  for (size_t i = 0; i < meeting.world.plaintext_out.size(); ++i) {
    const Bytes& packet = meeting.world.plaintext_out[i].second;
    const bool is_rtcp = wire::classify(packet) == wire::PacketKind::kRtcp;
    (is_rtcp ? reports : media) += 1;
    EXPECT_EQ(meeting.world.plaintext_paths[i], path_from(is_rtcp ? 5005 : 5004));
  }
  EXPECT_GT(media, 80u);
  EXPECT_GT(reports, 0u);
}

}  // namespace
}  // namespace testing_support
