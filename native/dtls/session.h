// The DTLS side of one association: attempts, retransmission, deadlines. Server role only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "crypto/datagrams.h"
#include "crypto/dtls_handshake.h"

namespace dtls {

// Handshakes from first hello to keys; RFC 6347 leaves it open. Browsers give up at about 30 s.
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

enum class State : uint8_t { kNew, kHandshaking, kConnected, kClosed, kFailed };

// Why an attempt, or in state kFailed the session, failed.
enum class Failure : uint8_t { kNone, kFingerprintMismatch, kNoSrtpProfile, kProtocol, kTimeout };

// Owned by the caller and reused; each step appends datagrams and sets what happened in it.
struct Output {
  crypto::Datagrams datagrams;  // to the selected tuple, in order
  std::optional<State> state_changed;
  std::optional<Failure> attempt_failed;       // this attempt only, unless state_changed is kFailed
  std::optional<crypto::SrtpMasterKeys> keys;  // together with state kConnected

  void clear();
};

class Session {
 public:
  // `expected` is the signalled fingerprint of the peer; nullopt: datagrams are held until
  // set_fingerprint.
  Session(std::shared_ptr<const crypto::Certificate> certificate,
          std::optional<crypto::Fingerprint> expected);

  // Sets it once (a change after the first handshake began is ignored: false).
  bool set_fingerprint(const crypto::Fingerprint& expected, base::Instant now, Output& out);

  // A datagram in DTLS' range of RFC 7983 from an ICE-validated tuple; the caller checks both.
  // False: it was malformed, out of place or beyond a bound, and was dropped.
  bool handle_datagram(std::span<const uint8_t> datagram, base::Instant now, Output& out);

  void handle_timeout(base::Instant now, Output& out);
  base::Instant next_deadline() const;

  // Sends close_notify where there is somebody to tell.
  void close(Output& out);

  State state() const { return state_; }

 private:
  void feed(std::span<const uint8_t> datagram, base::Instant now, Output& out);
  void end_attempt(Failure failure, Output& out);
  void connect(Output& out);
  void become(State state, Output& out);

  std::shared_ptr<const crypto::Certificate> certificate_;
  std::optional<crypto::Fingerprint> expected_;
  std::unique_ptr<crypto::DtlsHandshake> attempt_;
  std::vector<std::vector<uint8_t>> held_;
  State state_ = State::kNew;
  size_t attempts_ = 0;
  base::Duration retransmission_ = kFirstRetransmission;
  base::Instant retransmit_at_ = base::Instant::never();
  base::Instant give_up_at_ = base::Instant::never();
};

}  // namespace dtls
