// Numbers of the STUN format that its reader and its writer share (RFC 8489 §14, §18.3; RFC 8445
// §16.1).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/byte_writer.h"
#include "wire/stun.h"

namespace wire::stun {

// Attribute types; below 0x8000 comprehension is required.
inline constexpr uint16_t kMappedAddress = 0x0001;
inline constexpr uint16_t kUsername = 0x0006;
inline constexpr uint16_t kMessageIntegrity = 0x0008;
inline constexpr uint16_t kErrorCode = 0x0009;
inline constexpr uint16_t kUnknownAttributes = 0x000A;
inline constexpr uint16_t kRealm = 0x0014;
inline constexpr uint16_t kNonce = 0x0015;
inline constexpr uint16_t kMessageIntegritySha256 = 0x001C;
inline constexpr uint16_t kXorMappedAddress = 0x0020;
inline constexpr uint16_t kPriority = 0x0024;
inline constexpr uint16_t kUseCandidate = 0x0025;
inline constexpr uint16_t kSoftware = 0x8022;
inline constexpr uint16_t kFingerprint = 0x8028;
inline constexpr uint16_t kIceControlled = 0x8029;
inline constexpr uint16_t kIceControlling = 0x802A;

inline constexpr uint16_t kFirstOptional = 0x8000;
inline constexpr uint32_t kFingerprintXor = 0x5354554E;
inline constexpr size_t kAttributeHeaderSize = 4;
inline constexpr size_t kIntegritySize = 20;
inline constexpr size_t kFingerprintSize = 4;
inline constexpr uint8_t kFamilyIpv4 = 1;
inline constexpr uint8_t kFamilyIpv6 = 2;

constexpr size_t padding_of(size_t length) { return (4 - length % 4) % 4; }

// Applies the mask of XOR-MAPPED-ADDRESS (§14.2) to an address: magic cookie, then transaction id.
inline void xor_address(std::array<uint8_t, 16>& bytes, size_t size,
                        const std::array<uint8_t, 12>& transaction_id) {
  std::array<uint8_t, 16> mask{};
  base::store_u32(mask.data(), kStunMagicCookie);
  std::copy(transaction_id.begin(), transaction_id.end(), mask.begin() + 4);
  for (size_t i = 0; i < size; ++i) bytes[i] ^= mask[i];
}

}  // namespace wire::stun
