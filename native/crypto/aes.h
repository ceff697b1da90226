// One AES-128 block: the pseudo-random function of the SRTP key derivation (RFC 3711 §4.3.3).
// Not for packets: each call expands the key.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace crypto {

std::array<uint8_t, 16> aes128_encrypt_block(std::span<const uint8_t, 16> key,
                                             std::span<const uint8_t, 16> block);

}  // namespace crypto
