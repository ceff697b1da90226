// The client side of one association with an SFU, over datagrams that somebody else moves: ICE as
// the side that nominates, the DTLS handshake as client, SRTP keys. With given keys (a plain
// transport) it is connected from the start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/address.h"
#include "crypto/datagrams.h"
#include "crypto/srtp_cipher.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"
#include "testing/dtls_client.h"
#include "wire/stun.h"

namespace load {

struct IceCredentials {
  std::string ufrag;
  std::string pwd;
};

class Association {
 public:
  // Offers `profile` alone in DTLS. Neither ICE nor handshake begin before `start`.
  Association(crypto::SrtpCipher& cipher, crypto::SrtpProfile profile, IceCredentials own);
  // `keys` as seen from us.
  Association(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKeys& keys);

  const IceCredentials& own() const { return own_; }
  // "AB:CD:…"; empty for a plain transport.
  std::string fingerprint() const;

  void start(IceCredentials server, const base::SocketAddress& address, crypto::Datagrams& out);
  // Before another `start`: an ICE restart. Keys stay, and with them what flows.
  void restart(IceCredentials own);
  // One authenticated Binding request that nominates the path: the first check, and consent
  // (RFC 7675) from then on. Nothing before `start`.
  void check(crypto::Datagrams& out);
  // A STUN or DTLS datagram.
  void handle_datagram(std::span<const uint8_t> datagram, crypto::Datagrams& out);
  // The handshake's last flight again.
  void retransmit(crypto::Datagrams& out);

  // Checks since the last one that was answered.
  uint32_t unanswered_checks() const { return unanswered_; }

  bool is_connected() const { return inbound_.has_value(); }
  bool has_failed() const { return dtls_ != nullptr && dtls_->has_failed(); }
  bool is_plain() const { return dtls_ == nullptr; }
  srtp::InboundContext& inbound() { return *inbound_; }
  srtp::OutboundContext& outbound() { return *outbound_; }

 private:
  void handle_stun(std::span<const uint8_t> datagram, crypto::Datagrams& out);
  // A check of a server that is no lite agent.
  void answer(const wire::StunMessage& request, crypto::Datagrams& out);
  void take_keys(const crypto::SrtpMasterKeys& keys);

  crypto::SrtpCipher& cipher_;
  IceCredentials own_;
  IceCredentials server_;
  base::SocketAddress address_;  // of the server
  std::unique_ptr<testing_support::DtlsClient> dtls_;
  bool handshake_started_ = false;
  uint32_t transactions_ = 0;
  uint32_t unanswered_ = 0;
  std::optional<srtp::InboundContext> inbound_;
  std::optional<srtp::OutboundContext> outbound_;
};

}  // namespace load
