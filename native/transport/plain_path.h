// Where the peer of a PlainTransport is: given by the owner, or learned from whoever proves a
// secret. There is no ICE here, so nothing else may move it: never a packet that merely came from
// somewhere (security.md of the house: address change).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "wire/plain_token.h"

namespace transport {

using PlainSecret = std::array<uint8_t, wire::kPlainSecretSize>;

// Wrong secrets before none is heard any more. With 256 bits nobody guesses; a peer with a stale
// secret is told apart from one that tries.
inline constexpr size_t kMaxTokenAttempts = 8;

struct PlainPathConfig {
  // nullopt: learned, by `secret`.
  std::optional<base::FiveTuple> rtp;
  // nullopt: as rtp (RFC 5761). Given with `rtp` only.
  std::optional<base::FiveTuple> rtcp;
  std::optional<PlainSecret> secret;
};

enum class TokenVerdict : uint8_t {
  kLearned,   // the path is the peer's from now on, for the token's component
  kRepeated,  // it was already: the answer was lost
  kRefused,   // wrong secret, another address than the learned one, or too many attempts
};

class PlainPath {
 public:
  explicit PlainPath(const PlainPathConfig& config) : config_(config) {}

  // A component is learned once; its address never changes then.
  TokenVerdict handle_token(const wire::PlainToken& token, const base::FiveTuple& path);

  // Where to send; nullopt while it is not known.
  const std::optional<base::FiveTuple>& rtp() const { return config_.rtp; }
  const std::optional<base::FiveTuple>& rtcp() const {
    return config_.rtcp ? config_.rtcp : config_.rtp;
  }

 private:
  PlainPathConfig config_;
  size_t wrong_secrets_ = 0;
};

}  // namespace transport
