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

// RFC 7675 §5.1 allows 30 s; half of it bounds what a dead address still gets (security: 15 s).
inline constexpr base::Duration kConsentExpiry = base::Duration::seconds(15);

// A response never exceeds the request by more than a fifth, so that nobody is amplified.
inline constexpr size_t kMaxResponseSize = 128;

enum class State : uint8_t {
  kNew,           // no valid check yet
  kConnected,     // at least one validated 5-tuple
  kDisconnected,  // consent expired or revoked; a new valid check connects again
};

enum class Verdict : uint8_t {
  kAnswered,         // authenticated and answered
  kIgnored,          // not a Binding request, or its answer would be longer than allowed
  kMalformed,        // an attribute we need is missing, or FINGERPRINT is absent or wrong
  kUnknownUfrag,     // USERNAME is not ours
  kUnauthenticated,  // MESSAGE-INTEGRITY is absent or wrong
};

// What a step wants from the world. Owned by the caller and reused; each step overwrites it.
struct Output {
  std::array<uint8_t, kMaxResponseSize> response{};
  size_t response_size = 0;              // goes back on the tuple the request came by
  std::optional<base::FiveTuple> added;  // is now validated: route it to this agent
  std::vector<base::FiveTuple> removed;  // is no longer: forget it
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

  // Whether a request whose USERNAME begins with this ufrag is for this agent.
  bool knows_ufrag(std::string_view local_ufrag) const;

  // `message` was parsed from `datagram`. Nothing is answered and no state changes unless
  // USERNAME, MESSAGE-INTEGRITY and FINGERPRINT are all right.
  Verdict handle_stun(const wire::StunMessage& message, const base::FiveTuple& tuple,
                      base::Instant now, Output& out);

  // Forgets tuples without consent.
  void handle_timeout(base::Instant now, Output& out);
  base::Instant next_deadline() const;

  // Ends consent at once: nothing may be sent any more.
  void revoke(Output& out);

  State state() const { return state_; }
  bool is_validated(const base::FiveTuple& tuple) const;
  // Where to send: the tuple nominated last, else the first validated one; nullopt unless
  // connected.
  std::optional<base::FiveTuple> selected() const;

 private:
  struct Tuple {
    base::FiveTuple tuple;
    base::Instant last_check;
    base::Instant nominated_at;  // of the last USE-CANDIDATE; zero when there was none
  };
  const Credentials* credentials_for(std::string_view username) const;
  void accept_check(const wire::StunMessage& message, const base::FiveTuple& tuple,
                    base::Instant now, Output& out);
  void make_room(Output& out);
  void reselect(Output& out);

  Credentials local_;
  Credentials remote_;
  Credentials previous_local_;  // empty ufrag when no restart is under way
  Credentials previous_remote_;
  State state_ = State::kNew;
  std::vector<Tuple> tuples_;
  std::optional<base::FiveTuple> selected_;
};

}  // namespace ice
