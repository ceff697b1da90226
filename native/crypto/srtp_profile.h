// The protection profiles of DTLS-SRTP that Plenum speaks (RFC 5764 §4.1.2, RFC 7714 §14.2) and
// their master keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace crypto {

// Numbered as `SrtpProfile` of the engine contract.
enum class SrtpProfile : uint8_t { kNone, kAeadAes128Gcm, kAes128CmSha1_80 };

inline constexpr size_t kSrtpKeySize = 16;
inline constexpr size_t kMaxSrtpSaltSize = 14;
inline constexpr size_t kSrtpAuthKeySize = 20;

// Bytes of salt: 12 for GCM (RFC 7714 §12), 14 for CM (RFC 3711 §8.2).
constexpr size_t srtp_salt_size(SrtpProfile profile) {
  return profile == SrtpProfile::kAeadAes128Gcm ? 12 : 14;
}

// Bytes of the authentication tag.
constexpr size_t srtp_tag_size(SrtpProfile profile) {
  return profile == SrtpProfile::kAeadAes128Gcm ? 16 : 10;
}

// The longest that protection adds to a packet: the tag, and for SRTCP the index word.
inline constexpr size_t kMaxSrtpOverhead = 16;
inline constexpr size_t kMaxSrtcpOverhead = kMaxSrtpOverhead + 4;

// One direction's master key and salt; bytes of `salt` past srtp_salt_size are zero.
struct SrtpMasterKey {
  SrtpProfile profile = SrtpProfile::kNone;
  std::array<uint8_t, kSrtpKeySize> key{};
  std::array<uint8_t, kMaxSrtpSaltSize> salt{};
};

// Both directions of one association, as seen from us.
struct SrtpMasterKeys {
  SrtpMasterKey inbound;
  SrtpMasterKey outbound;
};

// Session keys of one direction and one packet kind, derived from a master key (RFC 3711 §4.3).
// `authentication` is unused by GCM.
struct SrtpSessionKeys {
  SrtpProfile profile = SrtpProfile::kNone;
  std::array<uint8_t, kSrtpKeySize> encryption{};
  std::array<uint8_t, kSrtpAuthKeySize> authentication{};
  std::array<uint8_t, kMaxSrtpSaltSize> salt{};
};

}  // namespace crypto
