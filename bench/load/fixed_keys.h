// SRTP keys that generator, ideal forwarder and plain transports know without telling each other.
// They protect nothing: what they are for is that the work is that of real keys, one per receiver.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/srtp_profile.h"

namespace load {

enum class KeyUse : uint8_t { kToIdeal = 1, kFromIdeal, kPlainUp, kPlainDown };

// SSRCs that the ideal forwarder sends begin here: by them a sink tells its packets from the
// node's.
inline constexpr uint32_t kIdealSsrc = 0x1dea0000;
inline constexpr bool is_from_ideal(uint32_t ssrc) { return ssrc >> 16 == kIdealSsrc >> 16; }

inline uint64_t mixed(uint64_t value) {  // splitmix64
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

inline crypto::SrtpMasterKey fixed_key(crypto::SrtpProfile profile, KeyUse use, size_t index) {
  crypto::SrtpMasterKey master{.profile = profile, .key = {}, .salt = {}};
  const uint64_t seed = static_cast<uint64_t>(use) << 56 | index << 8;
  for (size_t i = 0; i < master.key.size(); ++i) {
    master.key[i] = static_cast<uint8_t>(mixed(seed + i));
  }
  for (size_t i = 0; i < crypto::srtp_salt_size(profile); ++i) {
    master.salt[i] = static_cast<uint8_t>(mixed(seed + 64 + i));
  }
  return master;
}

}  // namespace load
