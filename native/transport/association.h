// The secured path to one peer: ICE decides where it is, DTLS who it is, SRTP protects what is
// said. Knows no stream. The order of trust is fixed here and nowhere else (security.md §2 of the
// house):
//   an authenticated check validates a path → DTLS is heard on validated paths only → the peer's
//   certificate matches the signalled fingerprint → keys exist → media flows, while consent lasts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/prefetch.h"
#include "base/time.h"
#include "crypto/dtls_handshake.h"
#include "crypto/srtp_cipher.h"
#include "dtls/session.h"
#include "ice/agent.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"
#include "transport/link_pulse.h"
#include "transport/output.h"
#include "transport/plain_path.h"
#include "wire/link_pulse.h"
#include "wire/out_packet.h"
#include "wire/stun.h"

namespace transport {

// A PlainTransport: no ICE and no DTLS. The owner vouches for the address or for who knows the
// secret, and for the keys.
struct PlainConfig {
  PlainPathConfig path;
  std::optional<crypto::SrtpMasterKeys> keys;  // nullopt: RTP and RTCP as they are
};

// At the end of each datagram of a link, in both directions: which keys it is under, and so which
// of the links between two addresses it belongs to (the MKI of RFC 3711 §3.1).
inline constexpr size_t kKeyIdSize = 4;

// SSRCs of a link, media and RTX, each way: all that a room publishes on one node, 2048 encodings.
// A client has fewer (srtp, ssrc_router.h): it is trusted less. 300 to 400 bytes each.
inline constexpr size_t kMaxLinkSsrcs = 4096;

struct AssociationConfig {
  ice::Credentials local;
  ice::Credentials remote;                         // empty until signalled
  std::optional<crypto::Fingerprint> fingerprint;  // nullopt until signalled
  // No ICE, DTLS or SRTP: connected from the start, packets are what they are (virtual clock).
  bool plaintext = false;
  std::optional<PlainConfig> plain;
  // A link to another node, with an address and keys in `plain`: names the keys.
  std::optional<uint32_t> key_id = std::nullopt;
  // Names this association in transmits; meaningless here.
  uint64_t tag = 0;
};

// What an association borrows; both outlive it.
struct Security {
  std::shared_ptr<const crypto::Certificate> certificate;
  crypto::SrtpCipher& cipher;
};

struct Traffic {
  uint64_t packets_received = 0;
  uint64_t bytes_received = 0;
  uint64_t packets_sent = 0;
  uint64_t bytes_sent = 0;
};

class Association {
 public:
  Association(const AssociationConfig& config, const Security& security);

  // The peer's credentials and fingerprint; either may come later than the first packet.
  void set_remote(ice::Credentials remote, const std::optional<crypto::Fingerprint>& fingerprint,
                  base::Instant now, Output& out);
  void restart_ice(ice::Credentials local, ice::Credentials remote);

  void handle_stun(const wire::StunMessage& message, const base::FiveTuple& path, base::Instant now,
                   Output& out);
  void handle_dtls(std::span<const uint8_t> datagram, const base::FiveTuple& path,
                   base::Instant now, Output& out);
  // Says where a PlainTransport's peer is; refused and counted unless it proves the secret.
  void handle_token(const wire::PlainToken& token, std::span<const uint8_t> datagram,
                    const base::FiveTuple& path, Output& out);
  // Something authentic came, or a pulse; nothing happens but on a link.
  void handle_heard(base::Instant now, Output& out);
  void handle_pulse(const wire::LinkPulse& pulse, Output& out);
  // Announces what needs no packet of the peer: a plaintext or addressed PlainTransport.
  void start(Output& out);
  void handle_timeout(base::Instant now, Output& out);
  base::Instant next_deadline() const;
  // Tells the peer (close_notify) and stops sending at once. Final.
  void close(Output& out);

  // Decrypts in place. Empty when refused; the reason is counted.
  std::span<uint8_t> unprotect_rtp(std::span<uint8_t> packet, Counters& counters);
  std::span<uint8_t> unprotect_rtcp(std::span<uint8_t> packet, Counters& counters);
  // What each datagram ends with beyond its SRTP.
  size_t trailer_size() const { return key_id_ ? kKeyIdSize : 0; }
  // Protects one compound and puts it into the slab. False when nothing may be or could be sent.
  bool send_rtcp(std::span<const uint8_t> compound, Output& out);
  // Prepares one RTP packet whose header stands at the start of `space`, which is large enough;
  // `job` finishes it there, unless it has no key (plaintext). The payload lives until then. What
  // the trailer is made of stands behind it already. False when it cannot be protected.
  bool prepare_rtp(const wire::OutPacket& packet, std::span<uint8_t> space, size_t header_size,
                   crypto::ProtectJob& job);
  // The prepared packet becomes a datagram of `size` bytes.
  void commit_media(size_t size, SendSlab& slab) { commit(path_, size, slab); }
  void count_received(size_t size);

  // Asks for what sending media reads; `prefetch_keys` once that is there.
  void prefetch() const { base::prefetch_bytes(&outbound_, this + 1); }
  void prefetch_keys(uint32_t ssrc) const {
    if (outbound_) outbound_->prefetch(ssrc);
  }

  // The same for receiving.
  void prefetch_receiving() const {
    base::prefetch(inbound_);
    base::prefetch(traffic_);
  }
  void prefetch_receiving_keys(uint32_t ssrc) const {
    if (inbound_) inbound_->prefetch(ssrc);
  }

  State state() const { return state_; }
  crypto::SrtpProfile profile() const { return profile_; }
  // Keys exist and the peer consents: the only state in which anything but STUN and DTLS leaves.
  bool can_send() const { return state_ == State::kConnected; }
  bool is_plaintext() const { return plaintext_; }
  // No ICE and no DTLS.
  bool is_direct() const { return plaintext_ || plain_.has_value(); }
  const base::FiveTuple& path() const { return path_; }
  // How often the path has changed.
  uint32_t moves() const { return moves_; }
  // RTCP has its own with a PlainTransport whose peer does not multiplex (RFC 3550 §11).
  const base::FiveTuple& rtcp_path() const;
  uint64_t tag() const { return tag_; }
  const Traffic& traffic() const { return traffic_; }
  uint64_t stun_requests() const { return stun_requests_; }

 private:
  void handle_link_timeout(base::Instant now, Output& out);
  void update_link(Output& out);
  void apply_ice(const base::FiveTuple* origin, Reason reason, Output& out);
  void apply_dtls(Output& out);
  void apply_keys(const crypto::SrtpMasterKeys& keys);
  void update_state(Reason reason, Output& out);
  State derive_state() const;
  bool protect_rtcp(std::span<const uint8_t> compound, Output& out);
  void write_trailer(uint8_t* at) const;
  bool send_datagram(std::span<const uint8_t> datagram, const base::FiveTuple& path, Output& out);
  void move_to(const base::FiveTuple& path);
  void commit(const base::FiveTuple& path, size_t size, SendSlab& slab);

  ice::Agent ice_;
  dtls::Session dtls_;
  crypto::SrtpCipher& cipher_;
  ice::Output ice_step_;
  dtls::Output dtls_step_;
  uint64_t stun_requests_ = 0;
  bool closed_ = false;
  std::optional<PlainPath> plain_;
  std::optional<LinkPulse> pulse_;
  std::optional<srtp::InboundContext> inbound_;
  // At the end what every packet sent needs.
  std::optional<srtp::OutboundContext> outbound_;
  base::FiveTuple path_;
  uint32_t moves_ = 0;
  State state_ = State::kNew;
  crypto::SrtpProfile profile_ = crypto::SrtpProfile::kNone;
  uint64_t tag_;
  Traffic traffic_;
  std::optional<uint32_t> key_id_;
  bool plaintext_;
};

}  // namespace transport
