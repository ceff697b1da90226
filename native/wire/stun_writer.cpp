#include <algorithm>

#include "base/crc32.h"
#include "wire/stun.h"
#include "wire/stun_format.h"

namespace wire {

using namespace stun;

namespace {

// The method's 12 bits are split around the two class bits (RFC 8489 §5).
constexpr uint16_t type_of(StunClass message_class, uint16_t method) {
  const auto bits = static_cast<unsigned>(message_class);
  return static_cast<uint16_t>((method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2 |
                               (bits & 1) << 4 | (bits & 2) << 7);
}

}  // namespace

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
