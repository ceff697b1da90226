#include "crypto/openssl_dtls.h"

#include <openssl/err.h>
#include <openssl/srtp.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "crypto/hmac.h"

namespace crypto {
namespace {

constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 §4.2

// OpenSSL would retransmit by the wall clock when its timer, microseconds, has run out. An hour is
// longer than any handshake may last, so that only `retransmit` does.
constexpr unsigned kNeverInPractice = 3600u * 1000 * 1000;
unsigned openssl_timer(SSL*, unsigned) { return kNeverInPractice; }

SrtpProfile selected_profile(SSL* ssl) {
  const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(ssl);
  if (profile == nullptr) return SrtpProfile::kNone;
  return profile->id == SRTP_AEAD_AES_128_GCM ? SrtpProfile::kAeadAes128Gcm
                                              : SrtpProfile::kAes128CmSha1_80;
}

}  // namespace

OpensslHandshake& handshake_of(const SSL* ssl) {
  return *static_cast<OpensslHandshake*>(SSL_get_app_data(ssl));
}

std::unique_ptr<OpensslHandshake> OpensslHandshake::create(SSL_CTX* context,
                                                           const Fingerprint& expected) {
  std::unique_ptr<OpensslHandshake> self(new OpensslHandshake(expected));
  self->ssl_.reset(SSL_new(context));
  BIO* bio = make_datagram_bio(self->wire_);
  if (self->ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  SSL_set_bio(self->ssl_.get(), bio, bio);  // takes the one reference for both directions
  SSL_set_app_data(self->ssl_.get(), self.get());
  SSL_set_mtu(self->ssl_.get(), static_cast<long>(kDtlsMtu));
  DTLS_set_timer_cb(self->ssl_.get(), openssl_timer);
  SSL_set_accept_state(self->ssl_.get());
  return self;
}

bool OpensslHandshake::accept_certificate(const Fingerprint& actual) {
  if (equal_constant_time(actual, expected_)) return true;
  failure_ = HandshakeFailure::kFingerprintMismatch;
  return false;
}

HandshakeState OpensslHandshake::handle_datagram(std::span<const uint8_t> datagram,
                                                 Datagrams& out) {
  if (state_ != HandshakeState::kRunning && state_ != HandshakeState::kDone) return state_;
  wire_.offer(datagram);
  ERR_clear_error();
  SSL_alloc_buffers(ssl_.get());
  if (state_ == HandshakeState::kRunning) shake();
  if (state_ == HandshakeState::kDone) read_records();
  take_written(out);
  // An association idles until its end; both record buffers are half of what it holds.
  if (state_ == HandshakeState::kDone) SSL_free_buffers(ssl_.get());
  return state_;
}

void OpensslHandshake::shake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail(HandshakeFailure::kProtocol);
    return;
  }
  profile_ = selected_profile(ssl_.get());
  if (profile_ == SrtpProfile::kNone) return fail(HandshakeFailure::kNoSrtpProfile);
  state_ = HandshakeState::kDone;
  flight_ = {};
}

// Behind the handshake come close_notify, alerts and repeated flights. Application data would be
// SCTP, which is not spoken: it is read and dropped.
void OpensslHandshake::read_records() {
  std::array<uint8_t, 2048> dropped;
  int result = 1;
  while (result > 0) result = SSL_read(ssl_.get(), dropped.data(), dropped.size());
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return;
  if (error == SSL_ERROR_ZERO_RETURN) {
    state_ = HandshakeState::kClosed;
  } else {
    fail(HandshakeFailure::kProtocol);
  }
}

// Keeps the more precise reason that a callback may have given.
void OpensslHandshake::fail(HandshakeFailure failure) {
  state_ = HandshakeState::kFailed;
  if (failure_ == HandshakeFailure::kNone) failure_ = failure;
}

void OpensslHandshake::take_written(Datagrams& out) {
  Datagrams& written = wire_.written();
  for (size_t i = 0; i < written.size(); ++i) out.append(written[i]);
  if (state_ == HandshakeState::kRunning && !written.empty()) std::swap(flight_, written);
  written.clear();
}

void OpensslHandshake::retransmit(Datagrams& out) {
  if (state_ != HandshakeState::kRunning) return;
  for (size_t i = 0; i < flight_.size(); ++i) wire_.write(flight_[i], out);
}

void OpensslHandshake::close(Datagrams& out) {
  if (state_ != HandshakeState::kDone) return;
  ERR_clear_error();
  SSL_alloc_buffers(ssl_.get());
  SSL_shutdown(ssl_.get());
  take_written(out);
  state_ = HandshakeState::kClosed;
}

std::optional<SrtpMasterKeys> OpensslHandshake::export_keys() const {
  if (state_ != HandshakeState::kDone) return std::nullopt;
  const size_t salt_size = srtp_salt_size(profile_);
  std::array<uint8_t, 2 * (kSrtpKeySize + kMaxSrtpSaltSize)> material;
  const size_t size = 2 * (kSrtpKeySize + salt_size);
  if (SSL_export_keying_material(ssl_.get(), material.data(), size, kExporterLabel.data(),
                                 kExporterLabel.size(), nullptr, 0, 0) != 1) {
    return std::nullopt;
  }
  // client key, server key, client salt, server salt; the client is the peer.
  SrtpMasterKeys keys;
  const uint8_t* at = material.data();
  for (SrtpMasterKey* key : {&keys.inbound, &keys.outbound}) {
    key->profile = profile_;
    std::copy_n(at, kSrtpKeySize, key->key.begin());
    at += kSrtpKeySize;
  }
  for (SrtpMasterKey* key : {&keys.inbound, &keys.outbound}) {
    std::copy_n(at, salt_size, key->salt.begin());
    at += salt_size;
  }
  OPENSSL_cleanse(material.data(), material.size());
  return keys;
}

}  // namespace crypto
