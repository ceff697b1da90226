// One DTLS server connection of OpenSSL.
#pragma once

#include "crypto/dtls_handshake.h"
#include "crypto/openssl_datagram_bio.h"
#include "crypto/openssl_support.h"

namespace crypto {

class OpensslHandshake final : public DtlsHandshake {
 public:
  // nullptr when memory is short.
  static std::unique_ptr<OpensslHandshake> create(SSL_CTX* context, const Fingerprint& expected);

  HandshakeState handle_datagram(std::span<const uint8_t> datagram, Datagrams& out) override;
  void retransmit(Datagrams& out) override;
  void close(Datagrams& out) override;
  HandshakeState state() const override { return state_; }
  HandshakeFailure failure() const override { return failure_; }
  std::optional<SrtpMasterKeys> export_keys() const override;

  // Called by OpenSSL when the peer's certificate is there and before any key is derived from it.
  bool accept_certificate(const Fingerprint& actual);

 private:
  explicit OpensslHandshake(const Fingerprint& expected) : expected_(expected) {}
  void shake();
  void read_records();
  void fail(HandshakeFailure failure);
  void take_written(Datagrams& out);

  Fingerprint expected_;
  DatagramWire wire_;
  SslConnection ssl_;
  Datagrams flight_;  // the last that was sent while running
  SrtpProfile profile_ = SrtpProfile::kNone;
  HandshakeState state_ = HandshakeState::kRunning;
  HandshakeFailure failure_ = HandshakeFailure::kNone;
};

// The handshake that `ssl` belongs to.
OpensslHandshake& handshake_of(const SSL* ssl);

// SHA-256 of the certificate in DER; false when memory is short.
bool fingerprint_of(const X509* certificate, Fingerprint& out);

}  // namespace crypto
