#include "dtls/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "testing/dtls_client.h"
#include "testing/seeded_random.h"

namespace {

using base::Duration;
using base::Instant;
using dtls::Failure;
using dtls::State;
using testing_support::DtlsClient;
using testing_support::DtlsClientOptions;
using Datagram = std::vector<uint8_t>;

std::shared_ptr<const crypto::Certificate> certificate() {
  static const auto shared = crypto::Certificate::generate();
  return shared;
}

std::vector<Datagram> copies(const crypto::Datagrams& datagrams) {
  std::vector<Datagram> all;
  for (size_t i = 0; i < datagrams.size(); ++i) {
    all.emplace_back(datagrams[i].begin(), datagrams[i].end());
  }
  return all;
}

// A client and a session with nothing between them but what a test does to the datagrams.
class Pair {
 public:
  explicit Pair(const DtlsClientOptions& options = {})
      : client(options), session(certificate(), client.fingerprint()) {}
  Pair(const DtlsClientOptions& options, std::optional<crypto::Fingerprint> expected)
      : client(options), session(certificate(), expected) {}

  std::vector<Datagram> hello() {
    crypto::Datagrams flight;
    client.start(flight);
    return copies(flight);
  }
  std::vector<Datagram> to_session(const Datagram& datagram) {
    session.handle_datagram(datagram, now, out);
    note();
    return copies(out.datagrams);
  }
  std::vector<Datagram> to_client(const Datagram& datagram) {
    crypto::Datagrams answer;
    client.handle_datagram(datagram, answer);
    return copies(answer);
  }
  std::vector<Datagram> client_retransmits() {
    crypto::Datagrams repeated;
    client.retransmit(repeated);
    return copies(repeated);
  }
  std::vector<Datagram> fire_timeout() {
    session.handle_timeout(now, out);
    note();
    return copies(out.datagrams);
  }
  // Exchanges everything that follows from `pending` towards the session, in order, lossless.
  void run(std::vector<Datagram> pending) {
    while (!pending.empty()) {
      std::vector<Datagram> answers;
      for (const Datagram& datagram : pending) {
        for (Datagram& answer : to_session(datagram)) answers.push_back(std::move(answer));
      }
      pending.clear();
      for (const Datagram& answer : answers) {
        for (Datagram& reply : to_client(answer)) pending.push_back(std::move(reply));
      }
    }
  }

  DtlsClient client;
  dtls::Session session;
  dtls::Output out;
  Instant now{1000};
  std::vector<Failure> failures;
  std::optional<crypto::SrtpMasterKeys> keys;

 private:
  void note() {
    if (out.attempt_failed) failures.push_back(*out.attempt_failed);
    if (out.keys) keys = out.keys;
  }
};

void expect_same_keys(const Pair& pair) {
  ASSERT_TRUE(pair.keys.has_value());
  const crypto::SrtpMasterKeys theirs = pair.client.keys();
  EXPECT_EQ(pair.keys->inbound.profile, theirs.outbound.profile);
  EXPECT_EQ(pair.keys->inbound.key, theirs.outbound.key);
  EXPECT_EQ(pair.keys->inbound.salt, theirs.outbound.salt);
  EXPECT_EQ(pair.keys->outbound.key, theirs.inbound.key);
  EXPECT_EQ(pair.keys->outbound.salt, theirs.inbound.salt);
  EXPECT_NE(pair.keys->inbound.key, pair.keys->outbound.key);
}

TEST(DtlsSession, ConnectsAndPrefersGcm) {  // [DTLS-1] [DTLS-5]
  Pair pair;
  pair.run(pair.hello());
  EXPECT_TRUE(pair.client.is_connected());
  EXPECT_EQ(pair.session.state(), State::kConnected);
  EXPECT_TRUE(pair.session.next_deadline().is_never());
  expect_same_keys(pair);
  EXPECT_EQ(pair.keys->inbound.profile, crypto::SrtpProfile::kAeadAes128Gcm);
}

TEST(DtlsSession, PrefersGcmOverTheClientsOrder) {  // [DTLS-5]
  Pair pair({.srtp_profiles = "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM"});
  pair.run(pair.hello());
  expect_same_keys(pair);
  EXPECT_EQ(pair.keys->inbound.profile, crypto::SrtpProfile::kAeadAes128Gcm);
}

TEST(DtlsSession, FallsBackToCm) {  // [DTLS-5]
  Pair pair({.srtp_profiles = "SRTP_AES128_CM_SHA1_80"});
  pair.run(pair.hello());
  expect_same_keys(pair);
  EXPECT_EQ(pair.keys->inbound.profile, crypto::SrtpProfile::kAes128CmSha1_80);
}

TEST(DtlsSession, RefusesAPeerWithoutUseSrtp) {  // [DTLS-5]
  Pair pair({.srtp_profiles = ""});
  pair.run(pair.hello());
  EXPECT_FALSE(pair.keys.has_value());
  EXPECT_EQ(pair.failures, std::vector{Failure::kNoSrtpProfile});
}

TEST(DtlsSession, RefusesAnotherCertificate) {  // [DTLS-2]
  const DtlsClient somebody_else;
  Pair pair({}, somebody_else.fingerprint());
  pair.run(pair.hello());
  EXPECT_FALSE(pair.keys.has_value());
  EXPECT_FALSE(pair.client.is_connected());
  EXPECT_EQ(pair.failures, std::vector{Failure::kFingerprintMismatch});
  EXPECT_EQ(pair.session.state(), State::kNew);
}

TEST(DtlsSession, RefusesAPeerWithoutCertificate) {  // [DTLS-2]
  Pair pair({.sends_certificate = false});
  pair.run(pair.hello());
  EXPECT_FALSE(pair.keys.has_value());
  EXPECT_EQ(pair.failures, std::vector{Failure::kProtocol});
}

TEST(DtlsSession, RefusesOldVersionsAndSuites) {  // [DTLS-1]
  Pair old({.speaks_dtls_1_2 = false});
  old.run(old.hello());
  EXPECT_EQ(old.failures, std::vector{Failure::kProtocol});
  Pair cbc({.cipher_suites = "ECDHE-ECDSA-AES128-SHA"});
  cbc.run(cbc.hello());
  EXPECT_EQ(cbc.failures, std::vector{Failure::kProtocol});
}

TEST(DtlsSession, AWrongPeerEndsOnlyItsAttempt) {  // [DTLS-3]
  Pair pair;
  for (size_t i = 0; i + 1 < dtls::kMaxAttempts; ++i) {
    DtlsClient impostor;
    crypto::Datagrams hello;
    impostor.start(hello);
    for (Datagram& flight : pair.to_session(copies(hello)[0])) {
      crypto::Datagrams answer;
      impostor.handle_datagram(flight, answer);
      for (const Datagram& datagram : copies(answer)) pair.to_session(datagram);
    }
  }
  EXPECT_EQ(pair.failures.size(), dtls::kMaxAttempts - 1);
  pair.run(pair.hello());
  EXPECT_EQ(pair.session.state(), State::kConnected);
}

TEST(DtlsSession, AttemptsAreBounded) {  // [DTLS-3]
  const DtlsClient somebody_else;
  Pair pair({}, somebody_else.fingerprint());
  for (size_t i = 0; i < dtls::kMaxAttempts; ++i) {
    EXPECT_NE(pair.session.state(), State::kFailed);
    DtlsClient impostor({.speaks_dtls_1_2 = false});
    crypto::Datagrams hello;
    impostor.start(hello);
    pair.to_session(copies(hello)[0]);
  }
  EXPECT_EQ(pair.session.state(), State::kFailed);
  EXPECT_TRUE(pair.to_session(pair.hello()[0]).empty());
}

// [DTLS-4] Every number of fragments in every order, and with one of them sent twice.
TEST(DtlsSession, AcceptsFragmentedAndReorderedHellos) {
  for (const size_t count : {2u, 3u, 4u}) {
    std::vector<size_t> order(count);
    for (size_t i = 0; i < count; ++i) order[i] = i;
    do {
      Pair pair({.hello_fragments = count});
      const std::vector<Datagram> fragments = pair.hello();
      ASSERT_EQ(fragments.size(), count);
      std::vector<Datagram> arriving{fragments[order.back()]};
      for (const size_t i : order) arriving.insert(arriving.end(), fragments[i]);
      pair.run(arriving);
      EXPECT_EQ(pair.session.state(), State::kConnected);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(DtlsSession, HoldsTheHelloUntilTheFingerprintIsKnown) {  // [DTLS-6]
  Pair pair({.hello_fragments = 4}, std::nullopt);
  for (const Datagram& datagram : pair.hello()) EXPECT_TRUE(pair.to_session(datagram).empty());
  for (size_t held = 4; held < dtls::kMaxHeldDatagrams; ++held) {
    EXPECT_TRUE(pair.to_session(pair.client_retransmits()[0]).empty());
  }
  EXPECT_EQ(pair.session.state(), State::kNew);
  EXPECT_FALSE(pair.session.handle_datagram(pair.client_retransmits()[0], pair.now, pair.out));
  ASSERT_TRUE(pair.session.set_fingerprint(pair.client.fingerprint(), pair.now, pair.out));
  EXPECT_EQ(pair.session.state(), State::kHandshaking);
  std::vector<Datagram> pending;
  for (const Datagram& answer : copies(pair.out.datagrams)) {
    for (Datagram& reply : pair.to_client(answer)) pending.push_back(std::move(reply));
  }
  pair.run(pending);
  expect_same_keys(pair);
}

TEST(DtlsSession, TheFingerprintIsSetOnce) {  // [DTLS-6]
  Pair pair;
  const DtlsClient other;
  EXPECT_FALSE(pair.session.set_fingerprint(other.fingerprint(), pair.now, pair.out));
  EXPECT_TRUE(pair.session.set_fingerprint(pair.client.fingerprint(), pair.now, pair.out));
}

TEST(DtlsSession, RetransmitsWithNewRecordsUntilAnswered) {  // [DTLS-7]
  Pair pair;
  const std::vector<Datagram> flight = pair.to_session(pair.hello()[0]);
  ASSERT_FALSE(flight.empty());
  Duration wait = dtls::kFirstRetransmission;
  std::vector<Datagram> repeated;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(pair.session.next_deadline(), pair.now + wait);
    pair.now = pair.now + wait - Duration::micros(1);
    EXPECT_TRUE(pair.fire_timeout().empty());
    pair.now = pair.now + Duration::micros(1);
    repeated = pair.fire_timeout();
    ASSERT_EQ(repeated.size(), flight.size());
    EXPECT_NE(repeated, flight);
    wait = wait * 2;
  }
  std::vector<Datagram> pending;
  for (const Datagram& answer : repeated) {
    for (Datagram& reply : pair.to_client(answer)) pending.push_back(std::move(reply));
  }
  pair.run(pending);
  expect_same_keys(pair);
}

TEST(DtlsSession, RepeatsItsLastFlightWhenTheClientRepeats) {  // [DTLS-7]
  Pair pair;
  std::vector<Datagram> second;
  for (const Datagram& answer : pair.to_session(pair.hello()[0])) {
    for (Datagram& reply : pair.to_client(answer)) second.push_back(std::move(reply));
  }
  for (const Datagram& datagram : second) pair.to_session(datagram);  // its answer is lost
  EXPECT_EQ(pair.session.state(), State::kConnected);
  EXPECT_FALSE(pair.client.is_connected());
  pair.run(pair.client_retransmits());
  EXPECT_TRUE(pair.client.is_connected());
  expect_same_keys(pair);
}

// [DTLS-7] A third of all datagrams lost, another third late, over many seeds.
TEST(DtlsSession, ConnectsThroughLossAndReordering) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    testing_support::SeededRandom random(seed);
    Pair pair({.hello_fragments = 1 + seed % 4});
    std::deque<Datagram> up;
    std::deque<Datagram> down;
    const auto enqueue = [&](std::deque<Datagram>& queue, const std::vector<Datagram>& datagrams) {
      for (const Datagram& datagram : datagrams) {
        if (random.chance(33)) continue;
        random.chance(33) ? queue.push_front(datagram) : queue.push_back(datagram);
      }
    };
    enqueue(up, pair.hello());
    while (!pair.client.is_connected() && pair.session.state() != State::kFailed) {
      if (!up.empty()) {
        const Datagram next = std::exchange(up.front(), {});
        up.pop_front();
        enqueue(down, pair.to_session(next));
      } else if (!down.empty()) {
        const Datagram next = std::exchange(down.front(), {});
        down.pop_front();
        enqueue(up, pair.to_client(next));
      } else {
        pair.now = pair.now + Duration::millis(200);
        enqueue(down, pair.fire_timeout());
        enqueue(up, pair.client_retransmits());
      }
    }
    EXPECT_TRUE(pair.client.is_connected()) << "seed " << seed;
    EXPECT_TRUE(pair.failures.empty()) << "seed " << seed;
  }
}

TEST(DtlsSession, GivesUp) {  // [DTLS-8]
  Pair pair;
  pair.to_session(pair.hello()[0]);
  const Instant started = pair.now;
  while (!pair.session.next_deadline().is_never()) {
    pair.now = pair.session.next_deadline();
    pair.fire_timeout();
  }
  EXPECT_EQ(pair.now, started + dtls::kHandshakeTimeout);
  EXPECT_EQ(pair.session.state(), State::kFailed);
  EXPECT_EQ(pair.session.failure(), Failure::kTimeout);
}

TEST(DtlsSession, CloseNotifyBothWays) {  // [DTLS-9]
  Pair ours;
  ours.run(ours.hello());
  ours.session.close(ours.out);
  for (const Datagram& datagram : copies(ours.out.datagrams)) ours.to_client(datagram);
  EXPECT_TRUE(ours.client.was_closed());
  EXPECT_EQ(ours.session.state(), State::kClosed);

  Pair theirs;
  theirs.run(theirs.hello());
  crypto::Datagrams goodbye;
  theirs.client.close(goodbye);
  theirs.to_session(copies(goodbye)[0]);
  EXPECT_EQ(theirs.session.state(), State::kClosed);
}

TEST(DtlsSession, DropsApplicationData) {  // [DTLS-10]
  Pair pair;
  pair.run(pair.hello());
  crypto::Datagrams sctp;
  const std::vector<uint8_t> bytes(100, 0x42);
  pair.client.send_application_data(bytes, sctp);
  EXPECT_TRUE(pair.to_session(copies(sctp)[0]).empty());
  EXPECT_EQ(pair.session.state(), State::kConnected);
}

TEST(DtlsSession, IgnoresInTheClearWhatComesAfterwards) {  // [DTLS-10]
  Pair pair;
  pair.run(pair.hello());
  Pair spoofer;
  const Datagram alert{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40};
  for (const Datagram& datagram : {spoofer.hello()[0], alert}) {
    EXPECT_TRUE(pair.to_session(datagram).empty());
    EXPECT_EQ(pair.session.state(), State::kConnected);
  }
}

TEST(DtlsSession, StaysWithinTheMtu) {  // [DTLS-11]
  Pair pair;
  for (const Datagram& datagram : pair.to_session(pair.hello()[0])) {
    EXPECT_LE(datagram.size(), crypto::kDtlsMtu);
  }
}

// [DTLS-10] Flipped bytes and cuts anywhere in a handshake neither crash nor let a stranger in.
TEST(DtlsSession, SurvivesDamagedDatagrams) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    testing_support::SeededRandom random(seed);
    Pair pair({}, crypto::Fingerprint{});
    std::vector<Datagram> pending = pair.hello();
    for (int round = 0; round < 3 && !pending.empty(); ++round) {
      std::vector<Datagram> answers;
      for (Datagram datagram : pending) {
        datagram[random.below(datagram.size())] ^= static_cast<uint8_t>(1 + random.below(255));
        if (random.chance(20)) datagram.resize(random.below(datagram.size()) + 1);
        for (Datagram& answer : pair.to_session(datagram)) answers.push_back(std::move(answer));
      }
      pending.clear();
      for (const Datagram& answer : answers) {
        for (Datagram& reply : pair.to_client(answer)) pending.push_back(std::move(reply));
      }
    }
    EXPECT_FALSE(pair.keys.has_value()) << "seed " << seed;
  }
}

TEST(DtlsSession, RefusesWhatIsNoDtls) {  // [DTLS-10]
  Pair pair;
  const std::vector<Datagram> bad{{},
                                  {22},
                                  Datagram(12, 22),
                                  Datagram(64, 63),
                                  {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1}};
  for (const Datagram& datagram : bad) {
    EXPECT_FALSE(pair.session.handle_datagram(datagram, pair.now, pair.out));
    EXPECT_TRUE(pair.out.datagrams.empty());
  }
  EXPECT_EQ(pair.session.state(), State::kNew);
}

}  // namespace
