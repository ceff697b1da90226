// HMAC-SHA1 and constant-time comparison: what STUN (RFC 8489 §14.5) and SRTP need.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace crypto {

inline constexpr size_t kSha1Size = 20;

// HMAC-SHA1 (RFC 2104) of `message` under `key`, any lengths. Neither fails nor allocates.
std::array<uint8_t, kSha1Size> hmac_sha1(std::span<const uint8_t> key,
                                         std::span<const uint8_t> message);

// Whether both are equal; takes the same time wherever they differ. Unequal lengths are unequal.
bool equal_constant_time(std::span<const uint8_t> a, std::span<const uint8_t> b);

}  // namespace crypto
