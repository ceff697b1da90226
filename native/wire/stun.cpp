#include "wire/stun.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/crc32.h"

namespace wire {

namespace {

// Attribute types (RFC 8489 §18.3, RFC 8445 §16.1). Below 0x8000: comprehension required.
constexpr uint16_t kMappedAddress = 0x0001;
constexpr uint16_t kUsername = 0x0006;
constexpr uint16_t kMessageIntegrity = 0x0008;
constexpr uint16_t kErrorCode = 0x0009;
constexpr uint16_t kUnknownAttributes = 0x000A;
constexpr uint16_t kRealm = 0x0014;
constexpr uint16_t kNonce = 0x0015;
constexpr uint16_t kMessageIntegritySha256 = 0x001C;
constexpr uint16_t kXorMappedAddress = 0x0020;
constexpr uint16_t kPriority = 0x0024;
constexpr uint16_t kUseCandidate = 0x0025;
constexpr uint16_t kSoftware = 0x8022;
constexpr uint16_t kFingerprint = 0x8028;
constexpr uint16_t kIceControlled = 0x8029;
constexpr uint16_t kIceControlling = 0x802A;

constexpr uint16_t kFirstOptional = 0x8000;
constexpr uint32_t kFingerprintXor = 0x5354554E;
constexpr size_t kAttributeHeaderSize = 4;
constexpr size_t kIntegritySize = 20;
constexpr size_t kFingerprintSize = 4;
constexpr uint8_t kFamilyIpv4 = 1;
constexpr uint8_t kFamilyIpv6 = 2;

// The method's 12 bits are split around the two class bits (RFC 8489 §5).
constexpr uint16_t method_of(uint16_t type) {
  return static_cast<uint16_t>((type & 0x000F) | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2);
}
constexpr StunClass class_of(uint16_t type) {
  return static_cast<StunClass>((type & 0x0010) >> 4 | (type & 0x0100) >> 7);
}
constexpr uint16_t type_of(StunClass message_class, uint16_t method) {
  const auto bits = static_cast<unsigned>(message_class);
  return static_cast<uint16_t>((method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2 |
                               (bits & 1) << 4 | (bits & 2) << 7);
}

constexpr size_t padding_of(size_t length) { return (4 - length % 4) % 4; }

// Applies the mask of XOR-MAPPED-ADDRESS (§14.2) to an address: magic cookie, then transaction id.
void xor_address(std::array<uint8_t, 16>& bytes, size_t size,
                 const std::array<uint8_t, 12>& transaction_id) {
  std::array<uint8_t, 16> mask{};
  base::store_u32(mask.data(), kStunMagicCookie);
  std::copy(transaction_id.begin(), transaction_id.end(), mask.begin() + 4);
  for (size_t i = 0; i < size; ++i) bytes[i] ^= mask[i];
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

StunWriter::StunWriter(std::span<uint8_t> out, StunClass message_class, uint16_t method,
                       std::span<const uint8_t, 12> transaction_id)
    : writer_(out) {
  std::copy(transaction_id.begin(), transaction_id.end(), transaction_id_.begin());
  writer_.u16(type_of(message_class, method));
  writer_.u16(0);
  writer_.u32(kStunMagicCookie);
  writer_.bytes(transaction_id_);
}

void StunWriter::set_length(size_t attributes_size) {
  base::store_u16(writer_.written().data() + 2, static_cast<uint16_t>(attributes_size));
}

void StunWriter::attribute(uint16_t type, std::span<const uint8_t> value) {
  writer_.u16(type);
  writer_.u16(static_cast<uint16_t>(value.size()));
  writer_.bytes(value);
  writer_.zeros(padding_of(value.size()));
  if (writer_.ok()) set_length(writer_.size() - kStunHeaderSize);
}

void StunWriter::text_attribute(uint16_t type, std::string_view value) {
  attribute(type, {reinterpret_cast<const uint8_t*>(value.data()), value.size()});
}

StunWriter& StunWriter::username(std::string_view value) {
  text_attribute(kUsername, value);
  return *this;
}

StunWriter& StunWriter::software(std::string_view value) {
  text_attribute(kSoftware, value);
  return *this;
}

StunWriter& StunWriter::priority(uint32_t value) {
  std::array<uint8_t, 4> bytes{};
  base::store_u32(bytes.data(), value);
  attribute(kPriority, bytes);
  return *this;
}

StunWriter& StunWriter::use_candidate() {
  attribute(kUseCandidate, {});
  return *this;
}

StunWriter& StunWriter::ice_controlling(uint64_t tie_breaker) {
  std::array<uint8_t, 8> bytes{};
  base::store_u64(bytes.data(), tie_breaker);
  attribute(kIceControlling, bytes);
  return *this;
}

StunWriter& StunWriter::ice_controlled(uint64_t tie_breaker) {
  std::array<uint8_t, 8> bytes{};
  base::store_u64(bytes.data(), tie_breaker);
  attribute(kIceControlled, bytes);
  return *this;
}

StunWriter& StunWriter::xor_mapped_address(const base::SocketAddress& address) {
  std::array<uint8_t, 16> masked = address.bytes;
  xor_address(masked, address.size(), transaction_id_);
  std::array<uint8_t, 20> value{};
  value[1] = address.family == base::Family::kIpv4 ? kFamilyIpv4 : kFamilyIpv6;
  base::store_u16(&value[2], static_cast<uint16_t>(address.port ^ kStunMagicCookie >> 16));
  std::copy_n(masked.begin(), address.size(), value.begin() + 4);
  attribute(kXorMappedAddress, std::span(value).first(4 + address.size()));
  return *this;
}

StunWriter& StunWriter::error_code(uint16_t code, std::string_view reason) {
  constexpr size_t kMaxReason = 127;
  std::array<uint8_t, 4 + kMaxReason> value{};
  const size_t reason_size = std::min(reason.size(), kMaxReason);
  value[2] = static_cast<uint8_t>(code / 100);
  value[3] = static_cast<uint8_t>(code % 100);
  std::copy_n(reason.begin(), reason_size, value.begin() + 4);
  attribute(kErrorCode, std::span(value).first(4 + reason_size));
  return *this;
}

StunWriter& StunWriter::unknown_attribute(uint16_t type) {
  std::array<uint8_t, 2> value{};
  base::store_u16(value.data(), type);
  attribute(kUnknownAttributes, value);
  return *this;
}

StunWriter& StunWriter::integrity(std::span<const uint8_t> key, HmacSha1 hmac) {
  if (!writer_.ok()) return *this;
  set_length(writer_.size() + kAttributeHeaderSize + kIntegritySize - kStunHeaderSize);
  attribute(kMessageIntegrity, hmac(key, writer_.written()));
  return *this;
}

StunWriter& StunWriter::fingerprint() {
  if (!writer_.ok()) return *this;
  set_length(writer_.size() + kAttributeHeaderSize + kFingerprintSize - kStunHeaderSize);
  std::array<uint8_t, kFingerprintSize> value{};
  base::store_u32(value.data(), base::crc32(writer_.written()) ^ kFingerprintXor);
  attribute(kFingerprint, value);
  return *this;
}

size_t write_binding_success(const StunMessage& request, const base::SocketAddress& mapped,
                             std::span<const uint8_t> key, HmacSha1 hmac, std::span<uint8_t> out) {
  return StunWriter(out, StunClass::kSuccess, kStunBinding, request.transaction_id)
      .xor_mapped_address(mapped)
      .integrity(key, hmac)
      .fingerprint()
      .finish();
}

size_t write_binding_error(const StunMessage& request, const StunError& error,
                           std::span<const uint8_t> key, HmacSha1 hmac, std::span<uint8_t> out) {
  StunWriter writer(out, StunClass::kError, kStunBinding, request.transaction_id);
  writer.error_code(error.code, error.reason);
  if (error.code == kUnknownAttribute.code) writer.unknown_attribute(request.unknown_required);
  return writer.integrity(key, hmac).fingerprint().finish();
}

}  // namespace wire
