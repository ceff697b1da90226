#include "dtls/session.h"

#include <algorithm>
#include <utility>

#include "crypto/hmac.h"
#include "dtls/record.h"

namespace dtls {
namespace {

using crypto::HandshakeState;

Failure failure_of(crypto::HandshakeFailure failure) {
  switch (failure) {
    case crypto::HandshakeFailure::kFingerprintMismatch:
      return Failure::kFingerprintMismatch;
    case crypto::HandshakeFailure::kNoSrtpProfile:
      return Failure::kNoSrtpProfile;
    default:
      return Failure::kProtocol;
  }
}

}  // namespace

void Output::clear() {
  datagrams.clear();
  state_changed.reset();
  attempt_failed.reset();
  keys.reset();
}

Session::Session(std::shared_ptr<const crypto::Certificate> certificate,
                 std::optional<crypto::Fingerprint> expected)
    : certificate_(std::move(certificate)), expected_(expected) {}

bool Session::set_fingerprint(const crypto::Fingerprint& expected, base::Instant now, Output& out) {
  out.clear();
  if (expected_) return crypto::equal_constant_time(*expected_, expected);
  expected_ = expected;
  const crypto::Datagrams held = std::exchange(held_, {});
  for (size_t i = 0; i < held.size(); ++i) feed(held[i], now, out);
  return true;
}

bool Session::handle_datagram(std::span<const uint8_t> datagram, base::Instant now, Output& out) {
  out.clear();
  if (!is_well_formed(datagram)) return false;
  if (expected_) return feed(datagram, now, out);
  if (state_ != State::kNew || held_.size() == kMaxHeldDatagrams ||
      !begins_with_client_hello(datagram)) {
    return false;
  }
  held_.append(datagram);
  return true;
}

bool Session::feed(std::span<const uint8_t> datagram, base::Instant now, Output& out) {
  if (state_ == State::kClosed || state_ == State::kFailed) return false;
  if (state_ == State::kNew) {
    if (!begins_with_client_hello(datagram) || !start_attempt(now)) return false;
    become(State::kHandshaking, out);
  }
  const size_t sent_before = out.datagrams.size();
  switch (attempt_->handle_datagram(datagram, out.datagrams)) {
    case HandshakeState::kRunning:
      if (out.datagrams.size() != sent_before) {
        retransmission_ = kFirstRetransmission;
        retransmit_at_ = now + retransmission_;
      }
      break;
    case HandshakeState::kDone:
      if (state_ == State::kHandshaking) connect(out);
      break;
    case HandshakeState::kClosed:
      become(State::kClosed, out);
      break;
    case HandshakeState::kFailed:
      end_attempt(failure_of(attempt_->failure()), out);
      break;
  }
  return true;
}

bool Session::start_attempt(base::Instant now) {
  attempt_ = certificate_->accept(*expected_);
  if (attempt_ == nullptr) return false;
  ++attempts_;
  if (give_up_at_.is_never()) give_up_at_ = now + kHandshakeTimeout;
  return true;
}

void Session::connect(Output& out) {
  out.keys = attempt_->export_keys();
  if (!out.keys) return end_attempt(Failure::kProtocol, out);
  become(State::kConnected, out);
}

void Session::end_attempt(Failure failure, Output& out) {
  // An alert behind the handshake ends an association, not an attempt.
  if (state_ == State::kConnected) return become(State::kClosed, out);
  failure_ = failure;
  out.attempt_failed = failure;
  attempt_.reset();
  retransmit_at_ = base::Instant::never();
  become(attempts_ < kMaxAttempts ? State::kNew : State::kFailed, out);
}

void Session::handle_timeout(base::Instant now, Output& out) {
  out.clear();
  if (now >= give_up_at_) {
    if (failure_ == Failure::kNone) failure_ = Failure::kTimeout;
    attempt_.reset();
    become(State::kFailed, out);
  } else if (now >= retransmit_at_) {
    attempt_->retransmit(out.datagrams);
    retransmission_ = std::min(retransmission_ * 2, kLongestRetransmission);
    retransmit_at_ = now + retransmission_;
  }
}

base::Instant Session::next_deadline() const { return std::min(retransmit_at_, give_up_at_); }

void Session::close(Output& out) {
  out.clear();
  if (state_ == State::kClosed || state_ == State::kFailed) return;
  if (attempt_ != nullptr) attempt_->close(out.datagrams);
  become(State::kClosed, out);
}

void Session::become(State state, Output& out) {
  state_ = state;
  out.state_changed = state;
  if (state == State::kNew || state == State::kHandshaking) return;
  retransmit_at_ = base::Instant::never();
  give_up_at_ = base::Instant::never();
}

}  // namespace dtls
