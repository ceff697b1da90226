// A participant in memory: answers and makes ICE checks, does the DTLS handshake as client, speaks
// SRTP. What a browser is to a transport, without sockets and without time of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "crypto/srtp_cipher.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"
#include "testing/bytes.h"
#include "testing/dtls_client.h"
#include "wire/rtp.h"

namespace testing_support {

struct PeerCredentials {
  std::string ufrag;
  std::string pwd;
};

// One received RTP packet, decrypted; owns its bytes.
struct ReceivedRtp {
  explicit ReceivedRtp(std::span<const uint8_t> packet);

  Bytes bytes;
  wire::RtpView view;
};

class VirtualPeer {
 public:
  // `path` as the server sees it: local is the server's address, remote ours.
  VirtualPeer(crypto::SrtpCipher& cipher, base::FiveTuple path, PeerCredentials own,
              PeerCredentials server);

  const crypto::Fingerprint& fingerprint() const { return dtls_.fingerprint(); }
  const PeerCredentials& server() const { return server_; }
  const base::FiveTuple& path() const { return path_; }
  // From now on packets leave from (and only arrive at) another address.
  void move_to(const base::FiveTuple& path) { path_ = path; }
  void restart_ice(PeerCredentials own, PeerCredentials server);

  // Sends one authenticated Binding request, nominating the path.
  void check();
  void handle_datagram(std::span<const uint8_t> datagram);
  // The handshake's last flight again: after losses.
  void retransmit_handshake();

  bool is_connected() const { return inbound_.has_value(); }
  bool was_closed() const { return dtls_.was_closed(); }

  // Protects and sends. `elements` are header extensions. Only when connected.
  void send_rtp(const wire::RtpHeader& header, std::span<const wire::ExtensionElement> elements,
                std::span<const uint8_t> payload);
  void send_rtcp(std::span<const uint8_t> compound);
  // Sends bytes as they are.
  void send_raw(std::span<const uint8_t> datagram);

  // Everything that wants to leave, in order; the caller takes it.
  std::vector<Bytes> outbox;
  // Everything that arrived and was authentic.
  std::vector<ReceivedRtp> rtp;
  std::vector<Bytes> rtcp;
  size_t check_responses = 0;
  size_t datagrams_received = 0;
  // RTP or RTCP that we could not decrypt.
  size_t undecryptable = 0;

 private:
  void handle_stun(std::span<const uint8_t> datagram);
  void handle_dtls(std::span<const uint8_t> datagram);
  void handle_media(std::span<const uint8_t> datagram);
  void take_flight(const crypto::Datagrams& flight);
  void protect(const crypto::ProtectJob& job, Bytes& packet);

  crypto::SrtpCipher& cipher_;
  base::FiveTuple path_;
  PeerCredentials own_;
  PeerCredentials server_;
  DtlsClient dtls_;
  bool handshake_started_ = false;
  uint32_t transactions_ = 0;
  std::optional<srtp::InboundContext> inbound_;
  std::optional<srtp::OutboundContext> outbound_;
};

}  // namespace testing_support
