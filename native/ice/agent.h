// An ICE-lite agent (RFC 8445 §2.5, §7.3): answers authenticated connectivity checks and knows
// from them which 5-tuples belong to the peer, which of these to send to, and for how long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "wire/stun.h"

namespace ice {

// RFC 8445 §5.3: ufrag 4 to 256, pwd 22 to 256 ice-chars. Empty = not known (yet).
struct Credentials {
  std::string ufrag;
  std::string pwd;
};

// Validated 5-tuples per association. More would let one peer make us remember more; fewer would
// cut peers with many interfaces and both families.
inline constexpr size_t kMaxTuples = 16;

// RFC 7675 §5.1 allows 30 s; half of it bounds what a dead address still gets.
inline constexpr base::Duration kConsentExpiry = base::Duration::seconds(15);

// Room for the longest answer; a success over IPv6 takes 76 bytes.
inline constexpr size_t kMaxResponseSize = 128;

// An answer is at most 6/5 as long as the request, so that nobody is amplified.
inline constexpr size_t kAmplificationNumerator = 6;
inline constexpr size_t kAmplificationDenominator = 5;

enum class State : uint8_t {
  kNew,           // no valid check yet
  kConnected,     // at least one validated 5-tuple
  kDisconnected,  // consent expired or was revoked
};

enum class Verdict : uint8_t {
  kAnswered,         // authenticated and answered
  kIgnored,          // not a Binding request, or authentic but not to be answered
  kMalformed,        // USERNAME is absent, or FINGERPRINT is absent or wrong
  kUnknownUfrag,     // USERNAME is not ours
  kUnauthenticated,  // MESSAGE-INTEGRITY is absent or wrong
};

// What one step wants from the world. Owned by the caller and reused; each step overwrites it.
struct Output {
  std::array<uint8_t, kMaxResponseSize> response{};
  size_t response_size = 0;              // goes back on the tuple that the request came by
  std::vector<base::FiveTuple> removed;  // lost consent: forget them, before looking at `added`
  std::optional<base::FiveTuple> added;  // is validated from now on: route it to this agent
  bool selected_changed = false;
  std::optional<State> state_changed;

  std::span<const uint8_t> response_bytes() const { return {response.data(), response_size}; }
  void clear();
};

class Agent {
 public:
  // remote may be empty: until it is set, only our half of USERNAME is compared.
  Agent(Credentials local, Credentials remote);

  void set_remote(Credentials remote);

  // New credentials (RFC 8445 §9). The old ones, their tuples and media in flight stay valid until
  // the first valid check with the new ones.
  void restart(Credentials local, Credentials remote);

  // Nothing is answered and no state changes unless FINGERPRINT, USERNAME and MESSAGE-INTEGRITY
  // are all right.
  Verdict handle_stun(const wire::StunMessage& message, const base::FiveTuple& tuple,
                      base::Instant now, Output& out);

  // Forgets tuples whose consent has expired.
  void handle_timeout(base::Instant now, Output& out);
  base::Instant next_deadline() const;

  // Ends consent at once and for good: nothing may be sent, no check is answered any more.
  void revoke(Output& out);

  State state() const { return state_; }
  bool is_validated(const base::FiveTuple& tuple) const;
  // Where to send: the tuple nominated last, else the one checked last; nullopt unless connected.
  const std::optional<base::FiveTuple>& selected() const { return selected_; }

 private:
  struct Pair {
    Credentials local;
    Credentials remote;
    bool matches(std::string_view username) const;
  };
  struct Tuple {
    base::FiveTuple tuple;
    base::Instant last_check;
    uint64_t nomination = 0;  // order of the last USE-CANDIDATE, 0 = never
  };

  Verdict answer(const wire::StunMessage& request, const base::FiveTuple& tuple,
                 const std::string& password, Output& out) const;
  void remember(const base::FiveTuple& tuple, bool nominated, base::Instant now, Output& out);
  void make_room(Output& out);
  void drop_expired(base::Instant now, Output& out);
  void reselect(Output& out);

  Pair current_;
  std::optional<Pair> previous_;  // while a restart waits for its first check
  State state_ = State::kNew;
  bool revoked_ = false;
  std::vector<Tuple> tuples_;
  std::optional<base::FiveTuple> selected_;
  uint64_t nominations_ = 0;
};

}  // namespace ice
