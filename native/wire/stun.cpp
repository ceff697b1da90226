#include "wire/stun.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/crc32.h"
#include "wire/stun_format.h"

namespace wire {

namespace {

using namespace stun;

// The method's 12 bits are split around the two class bits (RFC 8489 §5).
constexpr uint16_t method_of(uint16_t type) {
  return static_cast<uint16_t>((type & 0x000F) | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2);
}
constexpr StunClass class_of(uint16_t type) {
  return static_cast<StunClass>((type & 0x0010) >> 4 | (type & 0x0100) >> 7);
}

std::optional<base::SocketAddress> read_xor_address(std::span<const uint8_t> value,
                                                    const StunMessage& message) {
  base::ByteReader reader(value);
  reader.skip(1);
  const uint8_t family = reader.u8();
  base::SocketAddress address;
  address.port = static_cast<uint16_t>(reader.u16() ^ kStunMagicCookie >> 16);
  const std::span<const uint8_t> bytes = reader.rest();
  address.family = family == kFamilyIpv6 ? base::Family::kIpv6 : base::Family::kIpv4;
  const bool known = family == kFamilyIpv4 || family == kFamilyIpv6;
  if (!reader.ok() || !known || bytes.size() != address.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  xor_address(address.bytes, bytes.size(), message.transaction_id);
  return address;
}

std::optional<uint16_t> read_error_code(std::span<const uint8_t> value) {
  if (value.size() < 4) return std::nullopt;
  const int hundreds = value[2] & 0x07;
  const int rest = value[3];
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return static_cast<uint16_t>(hundreds * 100 + rest);
}

// Sets `field` from an attribute of exactly its size, unless it was set before.
template <typename T>
bool read_number(std::span<const uint8_t> value, std::optional<T>& field) {
  if (value.size() != sizeof(T)) return false;
  if (field) return true;
  if constexpr (sizeof(T) == 4) {
    field = base::load_u32(value.data());
  } else {
    field = base::load_u64(value.data());
  }
  return true;
}

bool is_understood_without_reading(uint16_t type) {
  return type == kMappedAddress || type == kUnknownAttributes || type == kRealm || type == kNonce ||
         type == kMessageIntegritySha256 || type >= kFirstOptional;
}

// Everything but the two trailing attributes. False when the value cannot be.
bool read_attribute(uint16_t type, std::span<const uint8_t> value, StunMessage& message) {
  switch (type) {
    case kUsername:
      if (message.username.empty()) {
        message.username = {reinterpret_cast<const char*>(value.data()), value.size()};
      }
      return true;
    case kPriority:
      return read_number(value, message.priority);
    case kIceControlling:
      return read_number(value, message.ice_controlling);
    case kIceControlled:
      return read_number(value, message.ice_controlled);
    case kUseCandidate:
      message.use_candidate = true;
      return value.empty();
    case kXorMappedAddress:
      message.xor_mapped_address = read_xor_address(value, message);
      return message.xor_mapped_address.has_value();
    case kErrorCode:
      message.error_code = read_error_code(value);
      return message.error_code.has_value();
    default:
      if (!is_understood_without_reading(type) && message.unknown_required == 0) {
        message.unknown_required = type;
      }
      return true;
  }
}

bool read_fingerprint(size_t offset, std::span<const uint8_t> value, StunMessage& message) {
  if (value.size() != kFingerprintSize) return false;
  const uint32_t expected = base::crc32(message.bytes.first(offset)) ^ kFingerprintXor;
  message.has_fingerprint = true;
  message.fingerprint_valid = base::load_u32(value.data()) == expected;
  return true;
}

ParseError read_attributes(base::ByteReader& reader, StunMessage& message) {
  while (reader.remaining() > 0) {
    // FINGERPRINT is the last attribute (§14.7).
    if (message.has_fingerprint) return ParseError::kBadValue;
    const size_t offset = reader.position();
    const uint16_t type = reader.u16();
    const uint16_t length = reader.u16();
    const std::span<const uint8_t> value = reader.bytes(length);
    reader.skip(padding_of(length));
    if (!reader.ok()) return ParseError::kTruncated;
    bool valid = true;
    if (type == kFingerprint) {
      valid = read_fingerprint(offset, value, message);
    } else if (type == kMessageIntegrity) {
      valid = length == kIntegritySize;
      if (!message.has_integrity()) message.integrity_offset = static_cast<uint16_t>(offset);
    } else if (!message.has_integrity()) {
      valid = read_attribute(type, value, message);
    }
    if (!valid) return ParseError::kBadValue;
  }
  return ParseError::kNone;
}

ParseError read_header(base::ByteReader& reader, StunMessage& message) {
  const uint16_t type = reader.u16();
  const uint16_t length = reader.u16();
  const uint32_t cookie = reader.u32();
  const std::span<const uint8_t> transaction_id = reader.bytes(12);
  if (!reader.ok()) return ParseError::kTruncated;
  if (type >= 0x4000 || cookie != kStunMagicCookie) return ParseError::kBadVersion;
  if (length % 4 != 0 || length != reader.remaining()) return ParseError::kBadLength;
  message.message_class = class_of(type);
  message.method = method_of(type);
  std::copy(transaction_id.begin(), transaction_id.end(), message.transaction_id.begin());
  return ParseError::kNone;
}

}  // namespace

ParseError parse_stun(std::span<const uint8_t> datagram, StunMessage& message) {
  message = StunMessage();
  message.bytes = datagram;
  if (datagram.size() > kMaxStunSize) return ParseError::kBadLength;
  base::ByteReader reader(datagram);
  const ParseError error = read_header(reader, message);
  return error != ParseError::kNone ? error : read_attributes(reader, message);
}

bool StunMessage::verify_integrity(std::span<const uint8_t> key, HmacSha1 hmac) const {
  if (!has_integrity()) return false;
  // What was hashed is the message as it was when MESSAGE-INTEGRITY was its last attribute: the
  // length field covers the attribute, its contents do not count (§14.5).
  std::array<uint8_t, kMaxStunSize> hashed;
  std::copy_n(bytes.begin(), integrity_offset, hashed.begin());
  const size_t value_offset = integrity_offset + kAttributeHeaderSize;
  base::store_u16(&hashed[2],
                  static_cast<uint16_t>(value_offset + kIntegritySize - kStunHeaderSize));
  const auto expected = hmac(key, {hashed.data(), integrity_offset});
  unsigned difference = 0;
  for (size_t i = 0; i < kIntegritySize; ++i) difference |= expected[i] ^ bytes[value_offset + i];
  return difference == 0;
}

}  // namespace wire
