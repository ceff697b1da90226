#include "transport/association.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/byte_writer.h"

namespace transport {

namespace {

Reason reason_of(dtls::Failure failure) {
  switch (failure) {
    case dtls::Failure::kFingerprintMismatch:
      return Reason::kFingerprintMismatch;
    case dtls::Failure::kNoSrtpProfile:
      return Reason::kNoSrtpProfile;
    case dtls::Failure::kTimeout:
      return Reason::kHandshakeTimeout;
    case dtls::Failure::kNone:
    case dtls::Failure::kProtocol:
      break;
  }
  return Reason::kDtlsFailed;
}

void count_refusal(srtp::Result result, Counters& counters) {
  switch (result) {
    case srtp::Result::kOk:
      return;
    case srtp::Result::kShort:
      counters.drop(&Counters::dropped_srtp_short);
      return;
    case srtp::Result::kReplayed:
      counters.drop(&Counters::dropped_srtp_replay);
      return;
    case srtp::Result::kForged:
      counters.drop(&Counters::dropped_srtp_auth);
      return;
    case srtp::Result::kTooManySsrcs:
      counters.drop(&Counters::dropped_too_many_ssrcs);
      return;
  }
}

}  // namespace

Association::Association(const AssociationConfig& config, const Security& security)
    : ice_(config.local, config.remote),
      dtls_(security.certificate, config.fingerprint),
      cipher_(security.cipher),
      state_(config.plaintext ? State::kConnected : State::kNew),
      tag_(config.tag),
      key_id_(config.key_id),
      plaintext_(config.plaintext || (config.plain && !config.plain->keys)) {
  if (!config.plain) return;
  plain_.emplace(config.plain->path);
  if (key_id_) pulse_.emplace();
  move_to(plain_->rtp().value_or(base::FiveTuple{}));
  state_ = derive_state();
  if (config.plain->keys) apply_keys(*config.plain->keys);
}

void Association::start(Output& out) {
  if (pulse_) out.states.push_back({state_, Reason::kNone});
  if (!is_direct() || state_ != State::kConnected) return;
  if (plain_) {
    out.paths_added.push_back(path_);
    if (rtcp_path() != path_) out.paths_added.push_back(rtcp_path());
  }
  out.states.push_back({state_, Reason::kNone});
}

void Association::handle_token(const wire::PlainToken& token, std::span<const uint8_t> datagram,
                               const base::FiveTuple& path, Output& out) {
  const TokenVerdict verdict =
      plain_ && !closed_ ? plain_->handle_token(token, path) : TokenVerdict::kRefused;
  if (verdict == TokenVerdict::kRefused) {
    out.counters->drop(&Counters::dropped_plain_token);
    return;
  }
  // Shorter than what asked for it, and without the secret.
  send_datagram(datagram.first(wire::kPlainAnswerSize), path, out);
  if (verdict == TokenVerdict::kRepeated) return;
  out.paths_added.push_back(path);
  if (plain_->rtp()) move_to(*plain_->rtp());
  update_state(Reason::kAddressLearned, out);
}

void Association::handle_heard(base::Instant now, Output& out) {
  if (!pulse_) return;
  pulse_->handle_packet(now);
  update_link(out);
}

void Association::handle_pulse(const wire::LinkPulse& pulse, Output& out) {
  if (!pulse_) return;
  pulse_->handle_pulse(pulse.hears);
  update_link(out);
}

void Association::update_link(Output& out) {
  update_state(pulse_->is_whole() ? Reason::kLinkHeard : Reason::kLinkSilent, out);
}

void Association::handle_link_timeout(base::Instant now, Output& out) {
  pulse_->handle_timeout(now);
  update_link(out);
  if (!pulse_->take_due(now)) return;
  std::array<uint8_t, wire::kLinkPulseSize> packet{};
  wire::write_link_pulse({*key_id_, pulse_->hears()}, packet);
  protect_rtcp(packet, out);
}

const base::FiveTuple& Association::rtcp_path() const {
  return plain_ && plain_->rtcp() ? *plain_->rtcp() : path_;
}

void Association::set_remote(ice::Credentials remote,
                             const std::optional<crypto::Fingerprint>& fingerprint,
                             base::Instant now, Output& out) {
  if (!remote.ufrag.empty()) ice_.set_remote(std::move(remote));
  if (!fingerprint) return;
  dtls_step_.clear();
  dtls_.set_fingerprint(*fingerprint, now, dtls_step_);
  apply_dtls(out);
}

void Association::restart_ice(ice::Credentials local, ice::Credentials remote) {
  ice_.restart(std::move(local), std::move(remote));
}

void Association::handle_stun(const wire::StunMessage& message, const base::FiveTuple& path,
                              base::Instant now, Output& out) {
  if (closed_ || is_direct()) {
    out.counters->drop(&Counters::dropped_stun_unknown_ufrag);
    return;
  }
  ice_step_.clear();
  switch (ice_.handle_stun(message, path, now, ice_step_)) {
    case ice::Verdict::kAnswered:
      ++stun_requests_;
      break;
    case ice::Verdict::kIgnored:
      out.counters->drop(&Counters::dropped_stun_ignored);
      break;
    case ice::Verdict::kMalformed:
      out.counters->drop(&Counters::dropped_malformed_stun);
      break;
    case ice::Verdict::kUnknownUfrag:
      out.counters->drop(&Counters::dropped_stun_unknown_ufrag);
      break;
    case ice::Verdict::kUnauthenticated:
      out.counters->drop(&Counters::dropped_stun_unauthenticated);
      break;
  }
  apply_ice(&path, Reason::kIceChecked, out);
}

void Association::handle_dtls(std::span<const uint8_t> datagram, const base::FiveTuple& path,
                              base::Instant now, Output& out) {
  if (closed_ || is_direct() || !ice_.is_validated(path)) {
    out.counters->drop(&Counters::dropped_dtls_unvalidated);
    return;
  }
  if (dtls_.state() == dtls::State::kFailed) {
    out.counters->drop(&Counters::dropped_dtls_failed);
    return;
  }
  dtls_step_.clear();
  if (!dtls_.handle_datagram(datagram, now, dtls_step_))
    out.counters->drop(&Counters::dropped_malformed_dtls);
  apply_dtls(out);
}

void Association::handle_timeout(base::Instant now, Output& out) {
  if (!closed_ && pulse_) handle_link_timeout(now, out);
  if (closed_ || is_direct()) return;
  if (ice_.next_deadline() <= now) {
    ice_step_.clear();
    ice_.handle_timeout(now, ice_step_);
    apply_ice(nullptr, Reason::kConsentExpired, out);
  }
  if (dtls_.next_deadline() <= now) {
    dtls_step_.clear();
    dtls_.handle_timeout(now, dtls_step_);
    apply_dtls(out);
  }
}

base::Instant Association::next_deadline() const {
  if (!closed_ && pulse_) return pulse_->next_deadline();
  if (closed_ || is_direct()) return base::Instant::never();
  return std::min(ice_.next_deadline(), dtls_.next_deadline());
}

void Association::close(Output& out) {
  if (closed_) return;
  if (!is_direct()) {
    dtls_step_.clear();
    dtls_.close(dtls_step_);
    apply_dtls(out);
    ice_step_.clear();
    ice_.revoke(ice_step_);
    apply_ice(nullptr, Reason::kClosedByCommand, out);
  }
  closed_ = true;
  update_state(Reason::kClosedByCommand, out);
}

std::span<uint8_t> Association::unprotect_rtp(std::span<uint8_t> packet, Counters& counters) {
  if (plaintext_ && !closed_) return packet;
  if (!inbound_ || closed_) {
    counters.drop(&Counters::dropped_srtp_no_keys);
    return {};
  }
  const srtp::Unprotected plain = inbound_->unprotect_rtp(packet);
  count_refusal(plain.result, counters);
  return plain.result == srtp::Result::kOk ? plain.packet : std::span<uint8_t>();
}

std::span<uint8_t> Association::unprotect_rtcp(std::span<uint8_t> packet, Counters& counters) {
  if (plaintext_ && !closed_) return packet;
  if (!inbound_ || closed_) {
    counters.drop(&Counters::dropped_srtp_no_keys);
    return {};
  }
  const srtp::Unprotected plain = inbound_->unprotect_rtcp(packet);
  count_refusal(plain.result, counters);
  return plain.result == srtp::Result::kOk ? plain.packet : std::span<uint8_t>();
}

bool Association::send_rtcp(std::span<const uint8_t> compound, Output& out) {
  if (!can_send()) return false;
  if (plaintext_) return send_datagram(compound, rtcp_path(), out);
  return protect_rtcp(compound, out);
}

bool Association::protect_rtcp(std::span<const uint8_t> compound, Output& out) {
  const std::span<uint8_t> space =
      out.slab->reserve(compound.size() + crypto::kMaxSrtcpOverhead + kKeyIdSize);
  if (space.empty()) {
    out.counters->drop(&Counters::dropped_slab_full);
    return false;
  }
  crypto::ProtectJob job;
  if (!outbound_->prepare_rtcp(compound, space.data(), job)) {
    out.counters->drop(&Counters::dropped_unprotectable);
    return false;
  }
  cipher_.protect({&job, 1});
  write_trailer(space.data() + job.output_size());
  commit(rtcp_path(), job.output_size() + trailer_size(), *out.slab);
  return true;
}

bool Association::prepare_rtp(const wire::OutPacket& packet, std::span<uint8_t> space,
                              size_t header_size, crypto::ProtectJob& job) {
  uint8_t* body = space.data() + header_size;
  uint8_t* end = std::copy(packet.prefix().begin(), packet.prefix().end(), body);
  if (plaintext_) {
    std::copy(packet.payload().begin(), packet.payload().end(), end);
    return true;
  }
  if (!outbound_->prepare_rtp(space.first(header_size), {body, packet.prefix_size},
                              packet.payload(), space.data(), job)) {
    return false;
  }
  write_trailer(space.data() + job.output_size());
  return true;
}

void Association::write_trailer(uint8_t* at) const {
  if (key_id_) base::store_u32(at, *key_id_);
}

void Association::count_received(size_t size) {
  ++traffic_.packets_received;
  traffic_.bytes_received += size;
}

bool Association::send_datagram(std::span<const uint8_t> datagram, const base::FiveTuple& path,
                                Output& out) {
  const std::span<uint8_t> space = out.slab->reserve(datagram.size());
  if (space.empty()) {
    out.counters->drop(&Counters::dropped_slab_full);
    return false;
  }
  std::copy(datagram.begin(), datagram.end(), space.begin());
  commit(path, datagram.size(), *out.slab);
  return true;
}

void Association::move_to(const base::FiveTuple& path) {
  if (path == path_) return;
  path_ = path;
  ++moves_;
}

void Association::commit(const base::FiveTuple& path, size_t size, SendSlab& slab) {
  slab.commit(path, size, tag_);
  ++traffic_.packets_sent;
  traffic_.bytes_sent += size;
}

void Association::apply_ice(const base::FiveTuple* origin, Reason reason, Output& out) {
  if (origin != nullptr && ice_step_.response_size > 0) {
    send_datagram(ice_step_.response_bytes(), *origin, out);
  }
  if (ice_step_.added) out.paths_added.push_back(*ice_step_.added);
  out.paths_removed.insert(out.paths_removed.end(), ice_step_.removed.begin(),
                           ice_step_.removed.end());
  if (ice_step_.selected_changed) move_to(ice_.selected().value_or(base::FiveTuple{}));
  update_state(reason, out);
}

void Association::apply_dtls(Output& out) {
  if (ice_.state() == ice::State::kConnected) {
    for (size_t i = 0; i < dtls_step_.datagrams.size(); ++i) {
      send_datagram(dtls_step_.datagrams[i], path_, out);
    }
  }
  if (dtls_step_.keys) {
    apply_keys(*dtls_step_.keys);
    ++out.counters->handshakes_done;
  }
  Reason reason = dtls_.state() == dtls::State::kClosed ? Reason::kDtlsClosed : Reason::kDtlsDone;
  if (dtls_step_.attempt_failed) {
    ++out.counters->handshakes_failed;
    reason = reason_of(*dtls_step_.attempt_failed);
    // Only the attempt has ended: the owner hears why, the state stands.
    if (derive_state() == state_) out.states.push_back({state_, reason});
  }
  update_state(reason, out);
}

void Association::apply_keys(const crypto::SrtpMasterKeys& keys) {
  if (pulse_) {
    inbound_.emplace(cipher_, keys.inbound, kMaxLinkSsrcs);
    outbound_.emplace(cipher_, keys.outbound, kMaxLinkSsrcs);
  } else {
    inbound_.emplace(cipher_, keys.inbound);
    outbound_.emplace(cipher_, keys.outbound);
  }
  profile_ = keys.inbound.profile;
}

void Association::update_state(Reason reason, Output& out) {
  const State state = derive_state();
  if (state == state_) return;
  state_ = state;
  out.states.push_back({state, reason});
}

State Association::derive_state() const {
  if (closed_ || dtls_.state() == dtls::State::kClosed) return State::kClosed;
  if (pulse_ && pulse_->is_whole()) return State::kConnected;
  if (pulse_) return state_ <= State::kConnecting ? State::kConnecting : State::kDisconnected;
  if (plain_) return plain_->rtp() ? State::kConnected : State::kNew;
  if (plaintext_) return State::kConnected;
  if (dtls_.state() == dtls::State::kFailed) return State::kFailed;
  switch (ice_.state()) {
    case ice::State::kNew:
      return State::kNew;
    case ice::State::kDisconnected:
      return State::kDisconnected;
    case ice::State::kConnected:
      break;
  }
  return outbound_ ? State::kConnected : State::kConnecting;
}

}  // namespace transport
