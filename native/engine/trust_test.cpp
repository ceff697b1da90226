// Whom a shard believes: fingerprints, addresses, consent, replays and everything malformed
// (security.md §2 of the house rules; RFC 8445, RFC 7675, RFC 5764).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "testing/meeting.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;
using testing_support::VirtualPeer;

constexpr auto seconds = base::Duration::seconds;
constexpr auto millis = base::Duration::millis;

base::FiveTuple stranger() {
  return {*base::SocketAddress::parse("127.0.0.1", 40000),
          *base::SocketAddress::parse("192.0.2.1", 6666)};
}

// [TRN-2], [TRN-5]
TEST(Trust, PassesNothingOfAPeerWithAnotherCertificate) {
  Meeting meeting;
  VirtualPeer& publisher = meeting.join(1);
  meeting.join(2);
  meeting.publish_video(1);
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  // What was signalled is the fingerprint of another certificate.
  meeting.world.submit(engine::TransportCloseCommand{handle(1)});
  const std::string ufrag = "serverufrag1";
  const std::string password = "serverpasswordserverpassword";
  meeting.world.submit(
      engine::TransportCreateCommand{.transport = {1, 2, 0},
                                     .room = handle(0),
                                     .local_ufrag = ufrag,
                                     .local_pwd = password,
                                     .remote_ufrag = "peerufrag1",
                                     .remote_pwd = "peerpasswordpeerpasswordpeer",
                                     .fingerprint = meeting.world.peer(2).fingerprint(),
                                     .plaintext = false});
  EXPECT_FALSE(meeting.world.connect_all());
  EXPECT_FALSE(publisher.is_connected());
  EXPECT_TRUE(meeting.world.peer(2).is_connected());
  const auto& states = meeting.world.transport_states;
  EXPECT_TRUE(std::any_of(states.begin(), states.end(), [](const auto& event) {
    return event.reason == engine::TransportReason::kFingerprintMismatch;
  }));
  EXPECT_GT(meeting.world.stats().handshakes_failed, 0);
  EXPECT_EQ(meeting.world.stats().handshakes_done, 1);
}

// [TRN-1], [TRN-2]
TEST(Trust, AnswersNobodyUnknown) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(millis(100));
  const auto before = meeting.world.plaintext_out.size();
  const Bytes hello = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
  const Bytes rtp(200, 0x80);
  const Bytes rtcp = {0x80, 200, 0, 1, 0, 0, 0, 1};
  const Bytes noise = {70, 1, 2, 3};
  for (const Bytes& datagram : {hello, rtp, rtcp, noise}) {
    meeting.world.deliver(stranger(), datagram);
  }
  meeting.world.run_for(seconds(1));
  EXPECT_EQ(meeting.world.plaintext_out.size(), before) << "something was sent to a stranger";
  const auto stats = meeting.world.stats();
  EXPECT_EQ(stats.dropped_dtls_unvalidated, 1);
  EXPECT_EQ(stats.dropped_unknown_address, 2);
  EXPECT_EQ(stats.dropped_unknown_protocol, 1);
}

// [TRN-4], [ENG-4]
TEST(Trust, FollowsANewAddressOnlyAfterAnAuthenticatedCheck) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  VirtualPeer& publisher = meeting.world.peer(1);
  VirtualPeer& subscriber = meeting.world.peer(2);
  const size_t before = subscriber.rtp.size();
  const base::FiveTuple old_path = publisher.path();
  base::FiveTuple new_path = old_path;
  new_path.remote.port = 51234;
  meeting.world.silence(1);
  publisher.move_to(new_path);
  meeting.run_media(millis(500));
  EXPECT_EQ(subscriber.rtp.size(), before);
  EXPECT_GT(meeting.world.stats().dropped_unknown_address, 10);
  publisher.check();
  meeting.run_media(millis(500));
  EXPECT_GT(subscriber.rtp.size(), before + 10);
}

// [TRN-3]
TEST(Trust, StopsSendingFifteenSecondsAfterTheLastCheck) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  meeting.world.silence(2);
  meeting.run_media(seconds(14));
  EXPECT_TRUE(std::any_of(meeting.world.peer(2).rtp.begin(), meeting.world.peer(2).rtp.end(),
                          [](const auto& it) { return it.view.ssrc == 5001; }));
  meeting.run_media(millis(1500));
  const size_t before = meeting.world.peer(2).datagrams_received;
  meeting.run_media(seconds(5));
  EXPECT_EQ(meeting.world.peer(2).datagrams_received, before);
  EXPECT_EQ(meeting.world.transport_states.back().reason, engine::TransportReason::kConsentExpired);
  // Consent comes back with a check, without a new handshake.
  meeting.world.peer(2).check();
  meeting.run_media(seconds(1));
  EXPECT_GT(meeting.world.peer(2).datagrams_received, before + 50);
}

// [ENG-12]
TEST(Trust, RefusesReplayedAndForgedPackets) {
  Meeting meeting;
  meeting.begin_one_to_one();
  VirtualPeer& publisher = meeting.world.peer(1);
  meeting.camera.send_frame(publisher, true);
  const Bytes packet = publisher.outbox.back();
  meeting.world.run_for(millis(2));
  const size_t before = meeting.world.peer(2).rtp.size();
  for (int i = 0; i < 100; ++i) meeting.world.deliver(publisher.path(), packet);
  Bytes forged = packet;
  forged[forged.size() / 2] ^= 1;
  forged[3] = static_cast<uint8_t>(forged[3] + 1);
  meeting.world.deliver(publisher.path(), forged);
  meeting.world.deliver(publisher.path(), Bytes(packet.begin(), packet.begin() + 20));
  meeting.world.run_for(millis(10));
  EXPECT_EQ(meeting.world.peer(2).rtp.size(), before);
  const auto stats = meeting.world.stats();
  EXPECT_EQ(stats.dropped_srtp_replay, 100);
  EXPECT_EQ(stats.dropped_srtp_auth + stats.dropped_srtp_short, 2);
}

// [TRN-10], [ENG-12]
TEST(Trust, CountsMalformedPacketsByReason) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(millis(100));
  VirtualPeer& publisher = meeting.world.peer(1);
  Bytes stun(20, 0);
  stun[1] = 1;
  publisher.send_raw(stun);
  publisher.send_raw(Bytes{22, 1, 2});
  // Authentic RTCP whose second packet claims more words than there are.
  publisher.send_rtcp(Bytes{0x80, 201, 0, 1, 0, 0, 0, 1, 0x80, 201, 0, 9, 0, 0, 0, 1});
  publisher.send_rtp({.timestamp = 1, .ssrc = 77, .sequence = 1, .payload_type = 50}, {},
                     Bytes(10, 0));
  meeting.world.run_for(millis(5));
  const auto stats = meeting.world.stats();
  EXPECT_EQ(stats.dropped_malformed_stun, 1);
  EXPECT_EQ(stats.dropped_malformed_dtls, 1);
  EXPECT_EQ(stats.dropped_malformed_rtcp, 1);
  EXPECT_EQ(stats.dropped_unknown_ssrc, 1);
  meeting.run_media(millis(200));
  EXPECT_FALSE(meeting.world.peer(2).rtp.empty());
}

// [TRN-7]
TEST(Trust, KnowsAtMostTwentySsrcsOfOnePeer) {
  Meeting meeting;
  meeting.begin_one_to_one();
  VirtualPeer& publisher = meeting.world.peer(1);
  for (uint32_t i = 0; i < 100; ++i) {
    meeting.publish_video(100 + i, 9000 + i);
  }
  size_t accepted = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    publisher.send_rtp({.timestamp = 1, .ssrc = 9000 + i, .sequence = 1, .payload_type = 96}, {},
                       Bytes(10, 0));
  }
  meeting.world.run_for(millis(5));
  accepted = meeting.world.streams_started.size();
  EXPECT_LE(accepted, 20u);
}

// [ENG-4]
TEST(Trust, KeepsMediaFlowingThroughAnIceRestart) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  const std::string password = "anotherpasswordanotherpassword";
  EXPECT_EQ(meeting.world.submit(engine::TransportRestartIceCommand{.transport = handle(2),
                                                                    .local_ufrag = "restarted",
                                                                    .local_pwd = password,
                                                                    .remote_ufrag = "peerrestarted",
                                                                    .remote_pwd = password}),
            engine::CommandStatus::kOk);
  VirtualPeer& subscriber = meeting.world.peer(2);
  size_t before = subscriber.rtp.size();
  meeting.run_media(seconds(3));
  EXPECT_GT(subscriber.rtp.size(), before + 250) << "the old credentials hold until new ones come";
  subscriber.restart_ice({"peerrestarted", password}, {"restarted", password});
  base::FiveTuple path = subscriber.path();
  path.remote.port = 51999;
  subscriber.move_to(path);
  subscriber.check();
  before = subscriber.rtp.size();
  meeting.run_media(seconds(1));
  EXPECT_GT(subscriber.rtp.size(), before + 90);
  EXPECT_EQ(meeting.world.stats().handshakes_done, 2);
}

// [TRN-2]
TEST(Trust, HoldsTheHandshakeUntilTheFingerprintIsKnown) {
  Meeting meeting;
  VirtualPeer& peer = meeting.world.add_peer(1, handle(0));
  const std::string ufrag = "lateufrag";
  const std::string password = "latepasswordlatepasswordlate";
  meeting.world.submit(engine::TransportCreateCommand{.transport = handle(7),
                                                      .room = handle(0),
                                                      .local_ufrag = ufrag,
                                                      .local_pwd = password,
                                                      .remote_ufrag = {},
                                                      .remote_pwd = {},
                                                      .fingerprint = {},
                                                      .plaintext = false});
  peer.restart_ice({"peerufrag7", "peerpasswordpeerpasswordpeer"}, {ufrag, password});
  meeting.world.run_for(millis(500));
  EXPECT_GT(peer.check_responses, 0u);
  EXPECT_FALSE(peer.is_connected());
  meeting.world.submit(engine::TransportSetRemoteCommand{
      handle(7), "peerufrag7", "peerpasswordpeerpasswordpeer", peer.fingerprint()});
  EXPECT_TRUE(meeting.world.connect_all());
}

// [ENG-3]
TEST(Trust, SaysGoodbyeAndForgetsAClosedTransport) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.world.submit(engine::TransportCloseCommand{handle(2)}),
            engine::CommandStatus::kOk);
  meeting.world.run_for(millis(5));
  EXPECT_TRUE(meeting.world.peer(2).was_closed());
  const size_t before = meeting.world.peer(2).datagrams_received;
  meeting.run_media(seconds(1));
  EXPECT_EQ(meeting.world.peer(2).datagrams_received, before);
}

// [TRN-2] Ten hellos of a stranger per millisecond while 20 peers shake hands.
TEST(Trust, HandshakesOutliveAFloodOfSpoofedHellos) {
  Meeting meeting;
  for (uint32_t i = 1; i <= 20; ++i) meeting.join(i);
  testing_support::DtlsClient attacker;
  crypto::Datagrams hello;
  attacker.start(hello);
  for (int i = 0; i < 300; ++i) {
    meeting.world.run_for(millis(1), [&] {
      for (int j = 0; j < 10; ++j) meeting.world.deliver(stranger(), hello[0]);
    });
  }
  EXPECT_TRUE(meeting.world.connect_all());
  EXPECT_EQ(meeting.world.stats().handshakes_done, 20);
  EXPECT_EQ(meeting.world.stats().dropped_dtls_unvalidated, 3000);
  EXPECT_TRUE(meeting.world.plaintext_out.empty());
}

}  // namespace
