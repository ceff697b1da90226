// The engine's identity and the settings that all its handshakes share.
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <utility>

#include "crypto/dtls_handshake.h"
#include "crypto/openssl_dtls.h"
#include "crypto/openssl_support.h"

namespace crypto {
namespace {

// Peers check the fingerprint and no dates; these only have to include every running engine.
constexpr long kValidBefore = -24L * 3600;
constexpr long kValidFor = 10L * 365 * 24 * 3600;

// ECDHE and AEAD only; our key is ECDSA, so RSA suites cannot match anyway.
constexpr const char* kCipherSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

// In our order of preference (RFC 7714 §14.2, RFC 5764 §4.1.2).
constexpr const char* kSrtpProfiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

// Bytes of the peer's certificates; one self-signed RSA-4096 takes 1.4 kB. OpenSSL would hold 100
// kB of fragments for anybody who passed ICE.
constexpr long kMaxPeerCertificates = 16384;

X509Certificate self_signed(EVP_PKEY* key) {
  X509Certificate certificate(X509_new());
  uint64_t serial = 0;
  if (certificate == nullptr ||
      RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) {
    return nullptr;
  }
  X509* raw = certificate.get();
  X509_NAME* name = X509_get_subject_name(raw);
  const bool built = X509_set_version(raw, X509_VERSION_3) == 1 &&
                     ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial >> 1) == 1 &&
                     X509_gmtime_adj(X509_getm_notBefore(raw), kValidBefore) != nullptr &&
                     X509_gmtime_adj(X509_getm_notAfter(raw), kValidFor) != nullptr &&
                     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                reinterpret_cast<const unsigned char*>("plenum"),
                                                -1, -1, 0) == 1 &&
                     X509_set_issuer_name(raw, name) == 1 && X509_set_pubkey(raw, key) == 1 &&
                     X509_sign(raw, key, EVP_sha256()) > 0;
  return built ? std::move(certificate) : nullptr;
}

// The chain means nothing for a self-signed certificate: the signalled fingerprint decides. The
// peer's possession of the key is proved by its CertificateVerify, which OpenSSL checks.
int verify_peer(X509_STORE_CTX* store, void*) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Fingerprint actual;
  if (fingerprint_of(X509_STORE_CTX_get0_cert(store), actual) &&
      handshake_of(ssl).accept_certificate(actual)) {
    return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

SslContext make_context(X509* certificate, EVP_PKEY* key) {
  SslContext context(SSL_CTX_new(DTLS_server_method()));
  SSL_CTX* raw = context.get();
  if (raw == nullptr) return nullptr;
  SSL_CTX_set_options(raw, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_max_cert_list(raw, kMaxPeerCertificates);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, verify_peer, nullptr);
  const bool set = SSL_CTX_set_min_proto_version(raw, DTLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(raw, kCipherSuites) == 1 &&
                   SSL_CTX_set1_groups_list(raw, kGroups) == 1 &&
                   SSL_CTX_set_tlsext_use_srtp(raw, kSrtpProfiles) == 0 &&  // 0 = success
                   SSL_CTX_use_certificate(raw, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(raw, key) == 1;
  return set ? std::move(context) : nullptr;
}

class OpensslCertificate final : public Certificate {
 public:
  OpensslCertificate(SslContext context, const Fingerprint& fingerprint)
      : context_(std::move(context)), fingerprint_(fingerprint) {}

  const Fingerprint& fingerprint() const override { return fingerprint_; }
  std::unique_ptr<DtlsHandshake> accept(const Fingerprint& expected_peer) const override {
    return OpensslHandshake::create(context_.get(), expected_peer);
  }

 private:
  SslContext context_;
  Fingerprint fingerprint_;
};

}  // namespace

bool fingerprint_of(const X509* certificate, Fingerprint& out) {
  unsigned size = 0;
  return certificate != nullptr && X509_digest(certificate, EVP_sha256(), out.data(), &size) == 1 &&
         size == out.size();
}

std::shared_ptr<const Certificate> Certificate::generate() {
  const PrivateKey key(EVP_EC_gen("P-256"));
  if (key == nullptr) return nullptr;
  const X509Certificate certificate = self_signed(key.get());
  Fingerprint fingerprint;
  if (!fingerprint_of(certificate.get(), fingerprint)) return nullptr;
  SslContext context = make_context(certificate.get(), key.get());
  if (context == nullptr) return nullptr;
  return std::make_shared<OpensslCertificate>(std::move(context), fingerprint);
}

}  // namespace crypto
