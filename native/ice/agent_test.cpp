#include "ice/agent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hmac.h"
#include "testing/seeded_random.h"

namespace {

using base::Duration;
using base::FiveTuple;
using base::Instant;
using base::SocketAddress;
using ice::State;
using ice::Verdict;
using Bytes = std::vector<uint8_t>;

constexpr std::array<uint8_t, 12> kTransaction{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
constexpr char kPassword[] = "the-password-of-our-side";
constexpr char kOtherPassword[] = "another-password-entirely";

std::span<const uint8_t> key_of(std::string_view password) {
  return {reinterpret_cast<const uint8_t*>(password.data()), password.size()};
}

FiveTuple from(const char* ip, uint16_t port) {
  const SocketAddress remote = *SocketAddress::parse(ip, port);
  const char* ours = remote.family == base::Family::kIpv4 ? "127.0.0.1" : "::1";
  return {*SocketAddress::parse(ours, 40000), remote};
}

struct Check {
  std::string username = "ours:theirs";
  std::string password = kPassword;
  bool use_candidate = false;
  bool controlled = false;
  bool integrity = true;
  bool fingerprint = true;
};

Bytes written(const Check& check) {
  Bytes bytes(300);
  wire::StunWriter writer(bytes, wire::StunClass::kRequest, wire::kStunBinding, kTransaction);
  writer.username(check.username).priority(0x6e7f1eff);
  check.controlled ? writer.ice_controlled(5) : writer.ice_controlling(5);
  if (check.use_candidate) writer.use_candidate();
  if (check.integrity) writer.integrity(key_of(check.password), crypto::hmac_sha1);
  if (check.fingerprint) writer.fingerprint();
  bytes.resize(writer.finish());
  return bytes;
}

class IceAgent : public ::testing::Test {
 protected:
  Verdict receive(const Bytes& bytes, const FiveTuple& tuple) {
    request_size = bytes.size();
    wire::StunMessage message;
    EXPECT_EQ(wire::parse_stun(bytes, message), wire::ParseError::kNone);
    return agent.handle_stun(message, tuple, now, out);
  }
  Verdict check(const FiveTuple& tuple, const Check& options = {}) {
    return receive(written(options), tuple);
  }
  Verdict nominate(const FiveTuple& tuple) { return check(tuple, {.use_candidate = true}); }
  wire::StunMessage response() {
    EXPECT_LE(out.response_size * 5, request_size * 6);
    answer.assign(out.response_bytes().begin(), out.response_bytes().end());
    wire::StunMessage message;
    EXPECT_EQ(wire::parse_stun(answer, message), wire::ParseError::kNone);
    EXPECT_TRUE(message.fingerprint_valid);
    return message;
  }
  void wait(Duration span) { now = now + span; }

  const FiveTuple home = from("192.0.2.1", 1000);
  const FiveTuple mobile = from("198.51.100.7", 2000);
  const FiveTuple home_v6 = from("2001:db8::1", 1000);
  ice::Agent agent{{"ours", kPassword}, {"theirs", "their-password"}};
  ice::Output out;
  Bytes answer;
  size_t request_size = 0;
  Instant now{1'000'000};
};

TEST_F(IceAgent, AnswersAnAuthenticCheck) {  // [ICE-1]
  for (const FiveTuple& tuple : {home, home_v6}) {
    ASSERT_EQ(check(tuple), Verdict::kAnswered);
    const wire::StunMessage message = response();
    EXPECT_EQ(message.message_class, wire::StunClass::kSuccess);
    EXPECT_EQ(message.transaction_id, kTransaction);
    EXPECT_EQ(message.xor_mapped_address, tuple.remote);
    EXPECT_TRUE(message.verify_integrity(key_of(kPassword), crypto::hmac_sha1));
    EXPECT_EQ(out.added, tuple);
    EXPECT_TRUE(agent.is_validated(tuple));
  }
  EXPECT_EQ(agent.state(), State::kConnected);
}

TEST_F(IceAgent, SendsNothingToWhoeverIsNotAuthenticated) {  // [ICE-2]
  const std::pair<Check, Verdict> cases[] = {
      {{.password = kOtherPassword}, Verdict::kUnauthenticated},
      {{.integrity = false}, Verdict::kUnauthenticated},
      {{.username = "other:theirs"}, Verdict::kUnknownUfrag},
      {{.username = "ours:other"}, Verdict::kUnknownUfrag},
      {{.username = "ours"}, Verdict::kUnknownUfrag},
      {{.username = "oursx:theirs"}, Verdict::kUnknownUfrag},
      {{.username = ""}, Verdict::kMalformed},
      {{.fingerprint = false}, Verdict::kMalformed},
      {{.password = kOtherPassword, .controlled = true}, Verdict::kUnauthenticated},
  };
  for (const auto& [options, verdict] : cases) {
    EXPECT_EQ(check(home, options), verdict) << options.username;
    EXPECT_EQ(out.response_size, 0u);
    EXPECT_FALSE(out.added.has_value());
    EXPECT_EQ(agent.state(), State::kNew);
  }
  Bytes damaged = written({});
  damaged.back() ^= 1;  // inside FINGERPRINT
  EXPECT_EQ(receive(damaged, home), Verdict::kMalformed);
}

TEST_F(IceAgent, IgnoresWhatIsNoBindingRequest) {  // [ICE-2]
  for (const auto message_class : {wire::StunClass::kIndication, wire::StunClass::kSuccess}) {
    Bytes bytes(200);
    wire::StunWriter writer(bytes, message_class, wire::kStunBinding, kTransaction);
    writer.username("ours:theirs").integrity(key_of(kPassword), crypto::hmac_sha1).fingerprint();
    bytes.resize(writer.finish());
    EXPECT_EQ(receive(bytes, home), Verdict::kIgnored);
    EXPECT_EQ(out.response_size, 0u);
  }
  EXPECT_EQ(agent.state(), State::kNew);
}

TEST_F(IceAgent, TellsAControlledPeerToSwitch) {  // [ICE-3]
  EXPECT_EQ(check(home, {.controlled = true}), Verdict::kAnswered);
  const wire::StunMessage message = response();
  EXPECT_EQ(message.message_class, wire::StunClass::kError);
  EXPECT_EQ(message.error_code, 487);
  EXPECT_TRUE(message.verify_integrity(key_of(kPassword), crypto::hmac_sha1));
  EXPECT_FALSE(agent.is_validated(home));
  EXPECT_EQ(agent.state(), State::kNew);
}

TEST_F(IceAgent, RefusesWhatItMustComprehendAndDoesNot) {  // [ICE-3]
  const Bytes bytes = written({});
  request_size = bytes.size();
  wire::StunMessage message;
  ASSERT_EQ(wire::parse_stun(bytes, message), wire::ParseError::kNone);
  message.unknown_required = 0x0077;  // as the parser reports it
  EXPECT_EQ(agent.handle_stun(message, home, now, out), Verdict::kAnswered);
  EXPECT_EQ(response().error_code, 420);
  EXPECT_FALSE(agent.is_validated(home));
}

TEST_F(IceAgent, AnswersBeforeTheRemoteUfragIsKnown) {  // [ICE-4]
  ice::Agent early({"ours", kPassword}, {});
  agent = early;
  EXPECT_EQ(check(home, {.username = "ours:whoever"}), Verdict::kAnswered);
  agent.set_remote({"theirs", "their-password"});
  EXPECT_EQ(check(home, {.username = "ours:whoever"}), Verdict::kUnknownUfrag);
  EXPECT_EQ(check(home), Verdict::kAnswered);
}

TEST_F(IceAgent, SelectsTheFirstUntilOneIsNominated) {  // [ICE-5]
  check(home);
  EXPECT_EQ(agent.selected(), home);
  EXPECT_TRUE(out.selected_changed);
  EXPECT_EQ(out.state_changed, State::kConnected);
  check(home_v6);
  EXPECT_EQ(agent.selected(), home);
  EXPECT_FALSE(out.selected_changed);
  nominate(home_v6);
  EXPECT_EQ(agent.selected(), home_v6);
  EXPECT_TRUE(out.selected_changed);
  check(home);
  EXPECT_EQ(agent.selected(), home_v6);
}

TEST_F(IceAgent, FollowsTheLastNomination) {  // [ICE-5]
  nominate(home);
  nominate(mobile);
  EXPECT_EQ(agent.selected(), mobile);
  nominate(mobile);
  EXPECT_FALSE(out.selected_changed);
  nominate(home);
  EXPECT_EQ(agent.selected(), home);
}

TEST_F(IceAgent, AForgedCheckMovesNothing) {  // [ICE-6]
  nominate(home);
  check(mobile, {.password = kOtherPassword, .use_candidate = true});
  EXPECT_EQ(agent.selected(), home);
  EXPECT_FALSE(agent.is_validated(mobile));
}

TEST_F(IceAgent, ConsentExpiresAfter15Seconds) {  // [ICE-7]
  nominate(home);
  wait(Duration::seconds(10));
  check(home);
  EXPECT_EQ(agent.next_deadline(), now + ice::kConsentExpiry);
  wait(ice::kConsentExpiry - Duration::micros(1));
  agent.handle_timeout(now, out);
  EXPECT_EQ(agent.state(), State::kConnected);
  wait(Duration::micros(1));
  agent.handle_timeout(now, out);
  EXPECT_EQ(out.state_changed, State::kDisconnected);
  EXPECT_EQ(out.removed, std::vector{home});
  EXPECT_FALSE(agent.selected().has_value());
  EXPECT_FALSE(agent.is_validated(home));
  EXPECT_TRUE(agent.next_deadline().is_never());
  check(home);
  EXPECT_EQ(out.state_changed, State::kConnected);
}

TEST_F(IceAgent, FallsBackToATupleThatIsStillChecked) {  // [ICE-7]
  nominate(home);
  wait(Duration::seconds(8));
  check(mobile);
  wait(Duration::seconds(7));
  agent.handle_timeout(now, out);
  EXPECT_EQ(agent.selected(), mobile);
  EXPECT_TRUE(out.selected_changed);
  EXPECT_FALSE(out.state_changed.has_value());
}

TEST_F(IceAgent, RevocationIsImmediateAndFinal) {  // [ICE-8]
  nominate(home);
  agent.revoke(out);
  EXPECT_EQ(out.state_changed, State::kDisconnected);
  EXPECT_EQ(out.removed, std::vector{home});
  EXPECT_EQ(check(home), Verdict::kIgnored);
  EXPECT_FALSE(agent.selected().has_value());
}

TEST_F(IceAgent, ARestartKeepsTheOldCredentialsUntilTheNewAreUsed) {  // [ICE-9]
  nominate(home);
  agent.restart({"new", kOtherPassword}, {"fresh", "their-new-password"});
  const Check renewed{.username = "new:fresh", .password = kOtherPassword};
  EXPECT_EQ(check(home), Verdict::kAnswered);
  EXPECT_EQ(check(home, {.username = "new:fresh"}), Verdict::kUnauthenticated);
  EXPECT_EQ(agent.selected(), home);
  EXPECT_EQ(check(mobile, renewed), Verdict::kAnswered);
  EXPECT_TRUE(response().verify_integrity(key_of(kOtherPassword), crypto::hmac_sha1));
  EXPECT_EQ(check(home), Verdict::kUnknownUfrag);
  EXPECT_EQ(agent.selected(), home);
}

TEST_F(IceAgent, TuplesAreBoundedAndTheSelectedStays) {  // [ICE-10]
  nominate(home);
  for (uint16_t port = 1; port <= 1000; ++port) {
    wait(Duration::millis(1));
    check(from("203.0.113.9", port));
    EXPECT_EQ(out.removed.size(), port < ice::kMaxTuples ? 0u : 1u);
  }
  EXPECT_EQ(agent.selected(), home);
  EXPECT_FALSE(agent.is_validated(from("203.0.113.9", 1)));
  EXPECT_TRUE(agent.is_validated(from("203.0.113.9", 1000)));
}

TEST_F(IceAgent, NeverAmplifies) {  // [ICE-11]
  Check shortest{.username = "ours:t"};
  agent = ice::Agent({"ours", kPassword}, {});
  for (const FiveTuple& tuple : {home, home_v6}) {
    check(tuple, shortest);
    EXPECT_LE(out.response_size * 5, request_size * 6);
  }
}

// [ICE-2] Any flipped bit of a check that is covered by FINGERPRINT or MESSAGE-INTEGRITY.
TEST_F(IceAgent, RefusesEveryFlippedBit) {
  const Bytes good = written({});
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes changed = good;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    wire::StunMessage message;
    if (wire::parse_stun(changed, message) != wire::ParseError::kNone) continue;
    ASSERT_NE(agent.handle_stun(message, home, now, out), Verdict::kAnswered) << bit;
    ASSERT_EQ(out.response_size, 0u);
  }
  EXPECT_EQ(agent.state(), State::kNew);
}

// [ICE-12] Random checks, valid and not, from a few addresses: whatever happens, what is selected
// is validated, has fresh consent, and the deadline is the first expiry.
TEST_F(IceAgent, InvariantsHoldInRandomRuns) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    testing_support::SeededRandom random(seed);
    agent = ice::Agent({"ours", kPassword}, {"theirs", "their-password"});
    std::vector<std::pair<FiveTuple, Instant>> checked;
    for (int step = 0; step < 200; ++step) {
      wait(Duration::millis(static_cast<int64_t>(random.below(2000))));
      const FiveTuple tuple = from("192.0.2.1", static_cast<uint16_t>(1 + random.below(20)));
      const bool valid = random.chance(70);
      check(tuple, {.password = valid ? std::string(kPassword) : std::string(kOtherPassword),
                    .use_candidate = random.chance(30)});
      if (valid) {
        std::erase_if(checked, [&](const auto& entry) { return entry.first == tuple; });
        checked.emplace_back(tuple, now);
      }
      if (random.chance(30)) agent.handle_timeout(now, out);
      const auto& selected = agent.selected();
      ASSERT_EQ(selected.has_value(), agent.state() == State::kConnected);
      if (selected && agent.next_deadline() > now) {
        const auto entry = std::find_if(checked.begin(), checked.end(),
                                        [&](const auto& one) { return one.first == *selected; });
        ASSERT_NE(entry, checked.end()) << "seed " << seed;
        ASSERT_LT(now - entry->second, ice::kConsentExpiry) << "seed " << seed;
      }
    }
  }
}

}  // namespace
