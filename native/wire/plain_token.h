// The datagram by which a PlainTransport learns where its peer is: whoever sends it knows a secret
// that was given out once. No RFC; the first byte is one that RFC 7983 §7 leaves free.
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      'P'      |      'L'      |      'N'      |   component   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         id (64 bits)                          |
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                      secret (256 bits) …                      |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// The answer is the same without the secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace wire {

// Which packets the sender's address is for: 1 is RTP, and RTCP too unless 2 comes from another
// one (numbered as the components of RFC 8445 §5.1.1.2).
enum class PlainComponent : uint8_t { kRtp = 1, kRtcp = 2 };

inline constexpr size_t kPlainSecretSize = 32;
inline constexpr size_t kPlainTokenSize = 12 + kPlainSecretSize;
inline constexpr size_t kPlainAnswerSize = 12;

struct PlainToken {
  PlainComponent component = PlainComponent::kRtp;
  uint64_t id = 0;
  std::span<const uint8_t> secret;  // kPlainSecretSize bytes of the datagram
};

// nullopt when the datagram is no token; says nothing about whether it is a good one.
std::optional<PlainToken> parse_plain_token(std::span<const uint8_t> datagram);

}  // namespace wire
