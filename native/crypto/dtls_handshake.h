// DTLS 1.2, server role (RFC 6347), with use_srtp (RFC 5764): the narrow interface between the dtls
// room, which knows time and retries, and a TLS library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "crypto/datagrams.h"
#include "crypto/srtp_profile.h"

namespace crypto {

// SHA-256 of a certificate in DER (RFC 8122 §5).
using Fingerprint = std::array<uint8_t, 32>;

// Largest datagram a handshake sends, bytes. Raising it risks fragmentation by IP on tunnels,
// lowering it costs round trips under loss.
inline constexpr size_t kDtlsMtu = 1200;

enum class HandshakeState : uint8_t {
  kRunning,
  kDone,    // keys can be exported
  kClosed,  // the peer sent close_notify
  kFailed,  // see failure()
};

enum class HandshakeFailure : uint8_t {
  kNone,
  kFingerprintMismatch,  // the peer's certificate is not the signalled one
  kNoSrtpProfile,        // no protection profile in common
  kProtocol,             // anything else: version, cipher, malformed, alert by the peer
};

// One handshake attempt and the association that comes of it.
class DtlsHandshake {
 public:
  virtual ~DtlsHandshake() = default;

  // Feeds one datagram; replies are appended to `out`. Anything malformed is either ignored or
  // fails the attempt, never more.
  virtual HandshakeState handle_datagram(std::span<const uint8_t> datagram, Datagrams& out) = 0;

  // Sends the last flight once more, as new records (RFC 6347 §4.2.2). When to do so is the
  // caller's matter: nothing in here waits for a clock. Nothing is sent unless running.
  virtual void retransmit(Datagrams& out) = 0;

  // Sends close_notify when done. The state is then kClosed.
  virtual void close(Datagrams& out) = 0;

  virtual HandshakeState state() const = 0;
  virtual HandshakeFailure failure() const = 0;

  // The keys of RFC 5764 §4.2, only in state kDone.
  virtual std::optional<SrtpMasterKeys> export_keys() const = 0;
};

// The identity of an engine: a self-signed ECDSA P-256 certificate, its private key and what all
// its handshakes share. Safe to use from several threads.
class Certificate {
 public:
  virtual ~Certificate() = default;

  // A new key and certificate; nullptr when the library fails (no entropy, no memory).
  static std::shared_ptr<const Certificate> generate();

  virtual const Fingerprint& fingerprint() const = 0;

  // A handshake that completes only with a peer whose certificate has this fingerprint; another
  // certificate fails it before any key exists. nullptr when memory is short.
  virtual std::unique_ptr<DtlsHandshake> accept(const Fingerprint& expected_peer) const = 0;
};

}  // namespace crypto
