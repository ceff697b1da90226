#include "testing/dtls_client.h"

#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crypto/openssl_datagram_bio.h"
#include "crypto/openssl_dtls.h"
#include "crypto/openssl_support.h"

// OpenSSL retransmits when its timer has run out by gettimeofday(), which tests neither wait for
// nor want. This one, for the test program only, can be put forward for the length of one call.
static int64_t wall_clock_ahead_s = 0;
extern "C" int gettimeofday(timeval* now, void*) {
  timespec real{};
  clock_gettime(CLOCK_REALTIME, &real);
  now->tv_sec = real.tv_sec + wall_clock_ahead_s;
  now->tv_usec = real.tv_nsec / 1000;
  return 0;
}

namespace testing_support {
namespace {

using crypto::require;

constexpr unsigned kHour = 3600;
constexpr int64_t kTwoHours = 7200;

constexpr size_t kRecordHeader = 13;
constexpr size_t kHandshakeHeader = 12;
constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";

crypto::X509Certificate self_signed(EVP_PKEY* key) {
  crypto::X509Certificate certificate(X509_new());
  X509* raw = certificate.get();
  require(X509_set_version(raw, X509_VERSION_3) == 1 &&
          ASN1_INTEGER_set(X509_get_serialNumber(raw), 1) == 1 &&
          X509_gmtime_adj(X509_getm_notBefore(raw), 0) != nullptr &&
          X509_gmtime_adj(X509_getm_notAfter(raw), 3600) != nullptr &&
          X509_set_pubkey(raw, key) == 1 && X509_sign(raw, key, EVP_sha256()) > 0);
  return certificate;
}

// One handshake message in one record becomes `count` fragments in records of their own
// (RFC 6347 §4.2.3).
std::vector<std::vector<uint8_t>> split(std::span<const uint8_t> datagram, size_t count) {
  const auto record = datagram.first(kRecordHeader);
  const auto handshake = datagram.subspan(kRecordHeader, kHandshakeHeader);
  const auto body = datagram.subspan(kRecordHeader + kHandshakeHeader);
  const size_t step = (body.size() + count - 1) / count;
  std::vector<std::vector<uint8_t>> fragments;
  for (size_t offset = 0; offset < body.size(); offset += step) {
    const auto part = body.subspan(offset, std::min(step, body.size() - offset));
    std::vector<uint8_t> fragment(record.begin(), record.end());
    fragment.insert(fragment.end(), handshake.begin(), handshake.end());
    fragment.insert(fragment.end(), part.begin(), part.end());
    base::store_u16(&fragment[11], static_cast<uint16_t>(kHandshakeHeader + part.size()));
    base::store_u24(&fragment[kRecordHeader + 6], static_cast<uint32_t>(offset));
    base::store_u24(&fragment[kRecordHeader + 9], static_cast<uint32_t>(part.size()));
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

}  // namespace

class DtlsClient::Impl {
 public:
  explicit Impl(const DtlsClientOptions& options)
      : options_(options), context_(SSL_CTX_new(DTLS_client_method())) {
    SSL_CTX* raw = context_.get();
    const crypto::PrivateKey key(EVP_EC_gen("P-256"));
    const crypto::X509Certificate certificate = self_signed(key.get());
    require(crypto::fingerprint_of(certificate.get(), fingerprint_));
    SSL_CTX_set_options(raw, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
    if (options.sends_certificate) {
      require(SSL_CTX_use_certificate(raw, certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(raw, key.get()) == 1);
    }
    if (!options.speaks_dtls_1_2) {
      SSL_CTX_set_security_level(raw, 0);
      require(SSL_CTX_set_max_proto_version(raw, DTLS1_VERSION) == 1);
    }
    if (!options.cipher_suites.empty()) {
      require(SSL_CTX_set_cipher_list(raw, options.cipher_suites.c_str()) == 1);
    }
    if (!options.srtp_profiles.empty()) {
      require(SSL_CTX_set_tlsext_use_srtp(raw, options.srtp_profiles.c_str()) == 0);
    }
    ssl_.reset(SSL_new(raw));
    BIO* bio = crypto::make_datagram_bio(wire_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mtu(ssl_.get(), static_cast<long>(crypto::kDtlsMtu));
    DTLS_set_timer_cb(ssl_.get(), [](SSL*, unsigned) { return kHour * 1'000'000; });
    SSL_set_connect_state(ssl_.get());
  }

  void start(crypto::Datagrams& out) {
    step();
    if (options_.hello_fragments > 1) fragment_hello();
    take(out);
  }

  void handle_datagram(std::span<const uint8_t> datagram, crypto::Datagrams& out) {
    wire_.offer(datagram);
    step();
    take(out);
  }

  void retransmit(crypto::Datagrams& out) {
    waited_s_ += kTwoHours;
    wall_clock_ahead_s = waited_s_;
    DTLSv1_handle_timeout(ssl_.get());
    wall_clock_ahead_s = 0;
    take(out);
  }

  void send(std::span<const uint8_t> bytes, crypto::Datagrams& out) {
    require(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0);
    take(out);
  }

  void close(crypto::Datagrams& out) {
    SSL_shutdown(ssl_.get());
    take(out);
  }

  crypto::SrtpMasterKeys keys() const {
    crypto::SrtpMasterKeys keys;
    const bool gcm = SSL_get_selected_srtp_profile(ssl_.get())->id == SRTP_AEAD_AES_128_GCM;
    const auto profile =
        gcm ? crypto::SrtpProfile::kAeadAes128Gcm : crypto::SrtpProfile::kAes128CmSha1_80;
    const size_t salt = gcm ? 12 : 14;
    std::array<uint8_t, 60> material{};
    require(SSL_export_keying_material(ssl_.get(), material.data(), 2 * (16 + salt),
                                       kExporterLabel.data(), kExporterLabel.size(), nullptr, 0,
                                       0) == 1);
    keys.outbound.profile = keys.inbound.profile = profile;
    std::copy_n(&material[0], 16, keys.outbound.key.begin());
    std::copy_n(&material[16], 16, keys.inbound.key.begin());
    std::copy_n(&material[32], salt, keys.outbound.salt.begin());
    std::copy_n(&material[32 + salt], salt, keys.inbound.salt.begin());
    return keys;
  }

  bool is_connected() const { return connected_ && !failed_; }
  bool has_failed() const { return failed_; }
  bool was_closed() const { return closed_; }
  const crypto::Fingerprint& fingerprint() const { return fingerprint_; }

 private:
  void step() {
    ERR_clear_error();
    if (!connected_) {
      const int result = SSL_do_handshake(ssl_.get());
      connected_ = result == 1;
      failed_ = !connected_ && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ;
    }
    if (connected_) {
      std::array<uint8_t, 2048> ignored;
      const int result = SSL_read(ssl_.get(), ignored.data(), ignored.size());
      const int error = result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
      closed_ = closed_ || error == SSL_ERROR_ZERO_RETURN;
      failed_ = error == SSL_ERROR_SSL;
    }
  }

  void fragment_hello() {
    crypto::Datagrams& written = wire_.written();
    const std::vector<uint8_t> whole(written[0].begin(), written[0].end());
    written.clear();
    for (const auto& fragment : split(whole, options_.hello_fragments)) {
      wire_.write(fragment, written);
    }
  }

  void take(crypto::Datagrams& out) {
    crypto::Datagrams& written = wire_.written();
    for (size_t i = 0; i < written.size(); ++i) out.append(written[i]);
    written.clear();
  }

  DtlsClientOptions options_;
  crypto::SslContext context_;
  crypto::DatagramWire wire_;
  crypto::SslConnection ssl_;
  crypto::Fingerprint fingerprint_{};
  int64_t waited_s_ = 0;
  bool connected_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

DtlsClient::DtlsClient(const DtlsClientOptions& options) : impl_(std::make_unique<Impl>(options)) {}
DtlsClient::~DtlsClient() = default;

const crypto::Fingerprint& DtlsClient::fingerprint() const { return impl_->fingerprint(); }
void DtlsClient::start(crypto::Datagrams& out) { impl_->start(out); }
void DtlsClient::handle_datagram(std::span<const uint8_t> datagram, crypto::Datagrams& out) {
  impl_->handle_datagram(datagram, out);
}
void DtlsClient::retransmit(crypto::Datagrams& out) { impl_->retransmit(out); }
void DtlsClient::send_application_data(std::span<const uint8_t> bytes, crypto::Datagrams& out) {
  impl_->send(bytes, out);
}
void DtlsClient::close(crypto::Datagrams& out) { impl_->close(out); }
bool DtlsClient::is_connected() const { return impl_->is_connected(); }
bool DtlsClient::has_failed() const { return impl_->has_failed(); }
bool DtlsClient::was_closed() const { return impl_->was_closed(); }
crypto::SrtpMasterKeys DtlsClient::keys() const { return impl_->keys(); }

}  // namespace testing_support
