#include "testing/virtual_peer.h"

#include <array>
#include <utility>

#include "crypto/hmac.h"
#include "wire/demux.h"
#include "wire/stun.h"

namespace testing_support {

namespace {

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

ReceivedRtp::ReceivedRtp(std::span<const uint8_t> packet) : bytes(packet.begin(), packet.end()) {
  wire::parse_rtp(bytes, view);
}

VirtualPeer::VirtualPeer(crypto::SrtpCipher& cipher, base::FiveTuple path, PeerCredentials own,
                         PeerCredentials server)
    : cipher_(cipher), path_(path), own_(std::move(own)), server_(std::move(server)) {}

void VirtualPeer::restart_ice(PeerCredentials own, PeerCredentials server) {
  own_ = std::move(own);
  server_ = std::move(server);
}

void VirtualPeer::check() {
  std::array<uint8_t, 12> transaction{};
  base::store_u32(transaction.data(), ++transactions_);
  Bytes request(256);
  const size_t size =
      wire::StunWriter(request, wire::StunClass::kRequest, wire::kStunBinding, transaction)
          .username(server_.ufrag + ":" + own_.ufrag)
          .priority(1)
          .ice_controlling(1)
          .use_candidate()
          .integrity(as_bytes(server_.pwd), crypto::hmac_sha1)
          .fingerprint()
          .finish();
  request.resize(size);
  send_raw(request);
}

void VirtualPeer::handle_datagram(std::span<const uint8_t> datagram) {
  ++datagrams_received;
  switch (wire::classify(datagram)) {
    case wire::PacketKind::kStun:
      return handle_stun(datagram);
    case wire::PacketKind::kDtls:
      return handle_dtls(datagram);
    case wire::PacketKind::kRtp:
    case wire::PacketKind::kRtcp:
      return handle_media(datagram);
    case wire::PacketKind::kUnknown:
      return;
  }
}

void VirtualPeer::handle_stun(std::span<const uint8_t> datagram) {
  wire::StunMessage message;
  if (wire::parse_stun(datagram, message) != wire::ParseError::kNone ||
      message.message_class != wire::StunClass::kSuccess ||
      !message.verify_integrity(as_bytes(server_.pwd), crypto::hmac_sha1)) {
    return;
  }
  ++check_responses;
  if (std::exchange(handshake_started_, true)) return;
  crypto::Datagrams flight;
  dtls_.start(flight);
  take_flight(flight);
}

void VirtualPeer::handle_dtls(std::span<const uint8_t> datagram) {
  crypto::Datagrams flight;
  dtls_.handle_datagram(datagram, flight);
  take_flight(flight);
  if (!dtls_.is_connected() || inbound_) return;
  const crypto::SrtpMasterKeys keys = dtls_.keys();
  inbound_.emplace(cipher_, keys.inbound);
  outbound_.emplace(cipher_, keys.outbound);
}

void VirtualPeer::retransmit_handshake() {
  if (!handshake_started_ || is_connected()) return;
  crypto::Datagrams flight;
  dtls_.retransmit(flight);
  take_flight(flight);
}

void VirtualPeer::handle_media(std::span<const uint8_t> datagram) {
  Bytes packet(datagram.begin(), datagram.end());
  const bool is_rtp = wire::classify(datagram) == wire::PacketKind::kRtp;
  const srtp::Unprotected plain = !inbound_ ? srtp::Unprotected{}
                                  : is_rtp  ? inbound_->unprotect_rtp(packet)
                                            : inbound_->unprotect_rtcp(packet);
  if (plain.result != srtp::Result::kOk) {
    ++undecryptable;
  } else if (is_rtp) {
    rtp.emplace_back(plain.packet);
  } else {
    rtcp.emplace_back(plain.packet.begin(), plain.packet.end());
  }
}

void VirtualPeer::send_rtp(const wire::RtpHeader& header,
                           std::span<const wire::ExtensionElement> elements,
                           std::span<const uint8_t> payload) {
  std::array<uint8_t, 256> head;
  const size_t head_size = wire::write_rtp_header(header, elements, head);
  Bytes packet(head_size + payload.size() + crypto::kMaxSrtpOverhead);
  crypto::ProtectJob job;
  if (!outbound_->prepare_rtp(std::span(head).first(head_size), {}, payload, packet.data(), job)) {
    return;
  }
  protect(job, packet);
}

void VirtualPeer::send_rtcp(std::span<const uint8_t> compound) {
  Bytes packet(compound.size() + crypto::kMaxSrtcpOverhead);
  crypto::ProtectJob job;
  if (outbound_->prepare_rtcp(compound, packet.data(), job)) protect(job, packet);
}

void VirtualPeer::send_raw(std::span<const uint8_t> datagram) {
  outbox.emplace_back(datagram.begin(), datagram.end());
}

void VirtualPeer::take_flight(const crypto::Datagrams& flight) {
  for (size_t i = 0; i < flight.size(); ++i) send_raw(flight[i]);
}

void VirtualPeer::protect(const crypto::ProtectJob& job, Bytes& packet) {
  cipher_.protect({&job, 1});
  packet.resize(job.output_size());
  outbox.push_back(std::move(packet));
}

}  // namespace testing_support
