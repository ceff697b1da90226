// CRC-32 as in ITU-T V.42 and zlib: reflected polynomial 0xEDB88320, all ones before and after.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace base {

namespace internal {
constexpr std::array<uint32_t, 256> crc32_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ 0xEDB88320 : value >> 1;
    table[i] = value;
  }
  return table;
}
inline constexpr std::array<uint32_t, 256> kCrc32Table = crc32_table();
}  // namespace internal

constexpr uint32_t crc32(std::span<const uint8_t> bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const uint8_t byte : bytes) crc = crc >> 8 ^ internal::kCrc32Table[(crc ^ byte) & 0xFF];
  return ~crc;
}

}  // namespace base
