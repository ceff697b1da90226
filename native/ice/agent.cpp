#include "ice/agent.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "crypto/hmac.h"

namespace ice {
namespace {

// RFC 8445 §7.3.1.1. Reason phrases are left out, because answers are bounded.
constexpr wire::StunError kRoleConflict{487, ""};
constexpr wire::StunError kUnknownAttribute{wire::kUnknownAttribute.code, ""};

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// RFC 8445 §7.3.1.4: only a pair that the peer nominates or checks without an error counts.
bool is_refused(const wire::StunMessage& request) {
  return request.unknown_required != 0 || request.ice_controlled.has_value();
}

}  // namespace

void Output::clear() {
  response_size = 0;
  added.reset();
  removed.clear();
  selected_changed = false;
  state_changed.reset();
}

bool Agent::Pair::matches(std::string_view username) const {
  if (!username.starts_with(local.ufrag)) return false;
  username.remove_prefix(local.ufrag.size());
  if (!username.starts_with(':')) return false;
  username.remove_prefix(1);
  return remote.ufrag.empty() || username == remote.ufrag;
}

Agent::Agent(Credentials local, Credentials remote)
    : current_{std::move(local), std::move(remote)} {}

void Agent::set_remote(Credentials remote) { current_.remote = std::move(remote); }

void Agent::restart(Credentials local, Credentials remote) {
  // Two restarts in a row: the middle credentials may never have been used, the oldest are.
  if (!previous_) previous_ = std::move(current_);
  current_ = {std::move(local), std::move(remote)};
}

Verdict Agent::handle_stun(const wire::StunMessage& message, const base::FiveTuple& tuple,
                           base::Instant now, Output& out) {
  out.clear();
  if (message.message_class != wire::StunClass::kRequest || message.method != wire::kStunBinding ||
      revoked_) {
    return Verdict::kIgnored;
  }
  if (!message.fingerprint_valid || message.username.empty()) return Verdict::kMalformed;
  const bool is_current = current_.matches(message.username);
  if (!is_current && !(previous_ && previous_->matches(message.username))) {
    return Verdict::kUnknownUfrag;
  }
  const std::string& password = (is_current ? current_ : *previous_).local.pwd;
  if (!message.verify_integrity(bytes_of(password), crypto::hmac_sha1)) {
    return Verdict::kUnauthenticated;
  }
  const Verdict verdict = answer(message, tuple, password, out);
  if (verdict != Verdict::kAnswered || is_refused(message)) return verdict;
  if (is_current) previous_.reset();
  drop_expired(now, out);
  remember(tuple, message.use_candidate, now, out);
  reselect(out);
  return verdict;
}

// Writes the answer unless it would amplify.
Verdict Agent::answer(const wire::StunMessage& request, const base::FiveTuple& tuple,
                      const std::string& password, Output& out) const {
  const std::span<const uint8_t> key = bytes_of(password);
  const size_t limit = request.bytes.size() * kAmplificationNumerator / kAmplificationDenominator;
  const std::span<uint8_t> room(out.response.data(), std::min(limit, out.response.size()));
  if (request.unknown_required != 0) {
    out.response_size =
        wire::write_binding_error(request, kUnknownAttribute, key, crypto::hmac_sha1, room);
  } else if (request.ice_controlled) {
    // A lite agent is always controlled: the peer has to take the other role.
    out.response_size =
        wire::write_binding_error(request, kRoleConflict, key, crypto::hmac_sha1, room);
  } else {
    out.response_size =
        wire::write_binding_success(request, tuple.remote, key, crypto::hmac_sha1, room);
  }
  return out.response_size != 0 ? Verdict::kAnswered : Verdict::kIgnored;
}

void Agent::remember(const base::FiveTuple& tuple, bool nominated, base::Instant now, Output& out) {
  auto known = std::find_if(tuples_.begin(), tuples_.end(),
                            [&](const Tuple& entry) { return entry.tuple == tuple; });
  if (known == tuples_.end()) {
    if (tuples_.size() == kMaxTuples) make_room(out);
    known = tuples_.insert(tuples_.end(), Tuple{tuple, now});
    out.added = tuple;
  }
  known->last_check = now;
  if (nominated && (known->nomination == 0 || selected_ != tuple)) {
    known->nomination = ++nominations_;
  }
}

// Forgets the tuple checked longest ago, but never the selected one.
void Agent::make_room(Output& out) {
  const auto age = [this](const Tuple& entry) {
    return entry.tuple == selected_ ? base::Instant::never() : entry.last_check;
  };
  const auto oldest =
      std::min_element(tuples_.begin(), tuples_.end(),
                       [&](const Tuple& a, const Tuple& b) { return age(a) < age(b); });
  out.removed.push_back(oldest->tuple);
  tuples_.erase(oldest);
}

void Agent::drop_expired(base::Instant now, Output& out) {
  std::erase_if(tuples_, [&](const Tuple& entry) {
    const bool expired = now - entry.last_check >= kConsentExpiry;
    if (expired) out.removed.push_back(entry.tuple);
    return expired;
  });
}

void Agent::handle_timeout(base::Instant now, Output& out) {
  out.clear();
  drop_expired(now, out);
  reselect(out);
}

base::Instant Agent::next_deadline() const {
  base::Instant first = base::Instant::never();
  for (const Tuple& entry : tuples_) first = std::min(first, entry.last_check + kConsentExpiry);
  return first;
}

void Agent::revoke(Output& out) {
  out.clear();
  revoked_ = true;
  for (const Tuple& entry : tuples_) out.removed.push_back(entry.tuple);
  tuples_.clear();
  reselect(out);
}

bool Agent::is_validated(const base::FiveTuple& tuple) const {
  return std::any_of(tuples_.begin(), tuples_.end(),
                     [&](const Tuple& entry) { return entry.tuple == tuple; });
}

// Nomination decides; without any, the selected tuple stays while it lives.
void Agent::reselect(Output& out) {
  const Tuple* best = nullptr;
  const auto rank = [this](const Tuple& entry) {
    const bool is_selected = entry.tuple == selected_;
    return std::tuple(entry.nomination, is_selected, entry.last_check);
  };
  for (const Tuple& entry : tuples_) {
    if (best == nullptr || rank(entry) > rank(*best)) best = &entry;
  }
  std::optional<base::FiveTuple> selected;
  if (best != nullptr) selected = best->tuple;
  out.selected_changed = selected != selected_;
  selected_ = selected;

  State state = state_;
  if (selected_) {
    state = State::kConnected;
  } else if (state_ == State::kConnected) {
    state = State::kDisconnected;
  }
  if (state != state_) out.state_changed = state;
  state_ = state;
}

}  // namespace ice
