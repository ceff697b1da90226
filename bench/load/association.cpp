#include "load/association.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/byte_writer.h"
#include "crypto/hmac.h"
#include "wire/demux.h"
#include "wire/stun.h"

namespace load {

namespace {

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

testing_support::DtlsClientOptions offering(crypto::SrtpProfile profile) {
  testing_support::DtlsClientOptions options;
  options.srtp_profiles = profile == crypto::SrtpProfile::kAeadAes128Gcm ? "SRTP_AEAD_AES_128_GCM"
                                                                         : "SRTP_AES128_CM_SHA1_80";
  return options;
}

}  // namespace

Association::Association(crypto::SrtpCipher& cipher, crypto::SrtpProfile profile,
                         IceCredentials own)
    : cipher_(cipher),
      own_(std::move(own)),
      dtls_(std::make_unique<testing_support::DtlsClient>(offering(profile))) {}

Association::Association(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKeys& keys)
    : cipher_(cipher) {
  take_keys(keys);
}

std::string Association::fingerprint() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  if (dtls_ == nullptr) return text;
  for (const uint8_t byte : dtls_->fingerprint()) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void Association::start(IceCredentials server, const base::SocketAddress& address,
                        crypto::Datagrams& out) {
  server_ = std::move(server);
  address_ = address;
  check(out);
}

void Association::restart(IceCredentials own) {
  own_ = std::move(own);
  server_ = {};
  unanswered_ = 0;
}

void Association::check(crypto::Datagrams& out) {
  if (is_plain() || server_.ufrag.empty()) return;
  ++unanswered_;
  std::array<uint8_t, 12> transaction{};
  base::store_u32(transaction.data(), ++transactions_);
  std::array<uint8_t, 256> request;
  const size_t size =
      wire::StunWriter(request, wire::StunClass::kRequest, wire::kStunBinding, transaction)
          .username(server_.ufrag + ":" + own_.ufrag)
          .priority(1)
          .ice_controlling(1)
          .use_candidate()
          .integrity(as_bytes(server_.pwd), crypto::hmac_sha1)
          .fingerprint()
          .finish();
  out.append(std::span(request).first(size));
}

void Association::handle_datagram(std::span<const uint8_t> datagram, crypto::Datagrams& out) {
  if (is_plain()) return;
  const wire::PacketKind kind = wire::classify(datagram);
  if (kind == wire::PacketKind::kStun) return handle_stun(datagram, out);
  if (kind != wire::PacketKind::kDtls) return;
  dtls_->handle_datagram(datagram, out);
  if (dtls_->is_connected() && !inbound_) take_keys(dtls_->keys());
}

void Association::handle_stun(std::span<const uint8_t> datagram, crypto::Datagrams& out) {
  wire::StunMessage message;
  if (wire::parse_stun(datagram, message) != wire::ParseError::kNone) return;
  if (message.message_class == wire::StunClass::kRequest) return answer(message, out);
  if (message.message_class != wire::StunClass::kSuccess ||
      !message.verify_integrity(as_bytes(server_.pwd), crypto::hmac_sha1)) {
    return;
  }
  unanswered_ = 0;
  if (!std::exchange(handshake_started_, true)) dtls_->start(out);
}

void Association::answer(const wire::StunMessage& request, crypto::Datagrams& out) {
  if (!request.verify_integrity(as_bytes(own_.pwd), crypto::hmac_sha1)) return;
  std::array<uint8_t, 128> response;
  const size_t size = wire::write_binding_success(request, address_, as_bytes(own_.pwd),
                                                  crypto::hmac_sha1, response);
  out.append(std::span(response).first(size));
}

void Association::retransmit(crypto::Datagrams& out) {
  if (is_plain() || is_connected()) return;
  if (handshake_started_) {
    dtls_->retransmit(out);
  } else {
    check(out);
  }
}

void Association::take_keys(const crypto::SrtpMasterKeys& keys) {
  inbound_.emplace(cipher_, keys.inbound);
  outbound_.emplace(cipher_, keys.outbound);
}

}  // namespace load
