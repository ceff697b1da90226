#include "crowd/transport.h"

#include <utility>

namespace crowd {

namespace {

constexpr int64_t kMs = 1'000'000;
// Of a handshake, and of checks while nothing comes.
constexpr int64_t kRetryNs = 250 * kMs;
// Consent (RFC 7675 allows 5 s); as often as browsers ask.
constexpr int64_t kConsentNs = 2500 * kMs;
// A server sends RTCP at least each 300 ms: then a check looks whether it is there.
constexpr int64_t kQuietNs = 450 * kMs;
constexpr int64_t kLostNs = 1000 * kMs;
constexpr uint32_t kFailedChecks = 2;

load::IceCredentials credentials_of(size_t id, uint32_t generation) {
  const std::string name = "crowd" + std::to_string(id) + "x" + std::to_string(generation);
  return {name, name + std::string(24, 'p')};
}

}  // namespace

Transport::Transport(size_t id, uint32_t person, io::UdpSocket socket, crypto::SrtpCipher& cipher)
    : id_(id),
      person_(person),
      socket_(std::move(socket)),
      association_(cipher, crypto::SrtpProfile::kAeadAes128Gcm, credentials_of(id, 0)) {}

void Transport::connect(load::IceCredentials server, const base::SocketAddress& address,
                        int64_t now_ns, load::Sender& sender) {
  server_ = io::KernelAddress(address);
  crypto::Datagrams out;
  association_.start(std::move(server), address, out);
  send_all(out, sender);
  due_ns_ = now_ns + kRetryNs;
  if (heard_ns_ == 0) heard_ns_ = now_ns;
}

void Transport::restart() { association_.restart(credentials_of(id_, ++generation_)); }

Turn Transport::look(int64_t now_ns, load::Sender& sender) {
  if (association_.has_failed()) {
    due_ns_ = INT64_MAX;
    return Turn::kFailed;
  }
  const bool is_connected = association_.is_connected();
  const bool is_quiet = silent_ns(now_ns) > kQuietNs;
  if (now_ns >= due_ns_ || (is_quiet && due_ns_ > now_ns + kRetryNs)) {
    crypto::Datagrams out;
    if (is_connected)
      association_.check(out);
    else
      association_.retransmit(out);
    send_all(out, sender);
    due_ns_ = now_ns + (is_connected && !is_quiet ? kConsentNs : kRetryNs);
  }
  if (!is_connected) return Turn::kNone;
  if (!std::exchange(was_connected_, true)) return Turn::kConnected;
  const bool is_lost =
      silent_ns(now_ns) > kLostNs && association_.unanswered_checks() >= kFailedChecks;
  if (is_lost && !std::exchange(is_lost_, true)) return Turn::kLost;
  if (!is_quiet && std::exchange(is_lost_, false)) return Turn::kBack;
  return Turn::kNone;
}

void Transport::send(std::span<const uint8_t> datagram, load::Sender& sender) {
  sender.add(datagram, 0, server_);
  sender.flush(fd());
}

void Transport::send_all(const crypto::Datagrams& datagrams, load::Sender& sender) {
  for (size_t i = 0; i < datagrams.size(); ++i) send(datagrams[i], sender);
}

}  // namespace crowd
