// The DTLS side of one association: attempts, retransmission, deadlines. Server role only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/time.h"
#include "crypto/datagrams.h"
#include "crypto/dtls_handshake.h"

namespace dtls {

// From the first hello to the keys, over all attempts; RFC 6347 leaves it open. Longer keeps the
// state of peers that went away, shorter cuts paths that lose nearly everything.
inline constexpr base::Duration kHandshakeTimeout = base::Duration::seconds(30);

// First retransmission; doubles each time up to the longest (RFC 6347 §4.2.4.1 suggests 1 s, meant
// for unknown paths; ours has just answered a connectivity check). Lower repeats a flight on slow
// paths, higher delays a join that lost a packet.
inline constexpr base::Duration kFirstRetransmission = base::Duration::millis(100);
inline constexpr base::Duration kLongestRetransmission = base::Duration::seconds(5);

// Attempts per session. A failed one (wrong certificate, garbage) ends only itself; the bound keeps
// one peer from costing a key agreement per datagram for ever.
inline constexpr size_t kMaxAttempts = 8;

// Datagrams held while the peer's fingerprint is not signalled yet. A hello in 4 fragments, sent
// twice, fits; the peer repeats what falls out.
inline constexpr size_t kMaxHeldDatagrams = 8;

enum class State : uint8_t {
  kNew,          // waits for a hello; also between attempts
  kHandshaking,  // an attempt runs
  kConnected,    // keys were handed out
  kClosed,       // by either side, after kConnected
  kFailed,       // out of time or attempts
};

enum class Failure : uint8_t { kNone, kFingerprintMismatch, kNoSrtpProfile, kProtocol, kTimeout };

// Owned by the caller and reused; each step overwrites it.
struct Output {
  crypto::Datagrams datagrams;  // to the selected tuple, in order
  std::optional<State> state_changed;
  std::optional<Failure> attempt_failed;       // only this attempt, unless the state is kFailed
  std::optional<crypto::SrtpMasterKeys> keys;  // together with state kConnected

  void clear();
};

class Session {
 public:
  // `expected` is the signalled fingerprint of the peer. Without it datagrams are held until
  // set_fingerprint, and nothing is answered.
  Session(std::shared_ptr<const crypto::Certificate> certificate,
          std::optional<crypto::Fingerprint> expected);

  // False when a different one is set already: a session has one peer.
  bool set_fingerprint(const crypto::Fingerprint& expected, base::Instant now, Output& out);

  // A datagram in DTLS' range (RFC 7983) from an ICE-validated tuple; the caller checks both.
  // False: malformed, out of place or beyond a bound, and dropped.
  bool handle_datagram(std::span<const uint8_t> datagram, base::Instant now, Output& out);

  void handle_timeout(base::Instant now, Output& out);
  base::Instant next_deadline() const;

  // Sends close_notify where there is somebody to tell. For good: the state is then kClosed.
  void close(Output& out);

  State state() const { return state_; }
  // Why the last attempt failed; kNone when none did.
  Failure failure() const { return failure_; }

 private:
  bool feed(std::span<const uint8_t> datagram, base::Instant now, Output& out);
  bool start_attempt(base::Instant now);
  void connect(Output& out);
  void end_attempt(Failure failure, Output& out);
  void become(State state, Output& out);

  std::shared_ptr<const crypto::Certificate> certificate_;
  std::optional<crypto::Fingerprint> expected_;
  std::unique_ptr<crypto::DtlsHandshake> attempt_;
  crypto::Datagrams held_;
  State state_ = State::kNew;
  Failure failure_ = Failure::kNone;
  size_t attempts_ = 0;
  base::Duration retransmission_ = kFirstRetransmission;
  base::Instant retransmit_at_ = base::Instant::never();
  base::Instant give_up_at_ = base::Instant::never();
};

}  // namespace dtls
