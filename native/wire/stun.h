// STUN messages as ICE uses them (RFC 8489 §5, RFC 8445 §7.1, §16.1).
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0 0|     STUN Message Type     |         Message Length        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Magic Cookie 0x2112A442                    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                     Transaction ID (96 bits)                  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Attributes: type (16), length (16), value padded to 32 bits  |
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/byte_writer.h"
#include "wire/parse_error.h"

namespace wire {

inline constexpr size_t kStunHeaderSize = 20;
inline constexpr uint32_t kStunMagicCookie = 0x2112A442;

enum class StunClass : uint8_t { kRequest, kIndication, kSuccess, kError };
inline constexpr uint16_t kStunBinding = 0x001;

// HMAC-SHA1 (RFC 2104) of `message` under `key`, 20 bytes into `out`. Injected, so that wire needs
// no crypto; `message` is given in two parts because the header's length field is hashed as if the
// message ended with MESSAGE-INTEGRITY.
using HmacSha1 = void (*)(std::span<const uint8_t> key, std::span<const uint8_t> head,
                          std::span<const uint8_t> tail, std::span<uint8_t, 20> out);

// Attributes that an ICE agent reads, found in one pass. Spans refer to the caller's bytes. Only
// the first of equal attributes counts, and none after MESSAGE-INTEGRITY but FINGERPRINT
// (RFC 8489 §14, §14.5).
struct StunView {
  std::span<const uint8_t> bytes;
  StunClass message_class = StunClass::kRequest;
  uint16_t method = 0;
  std::span<const uint8_t, 12> transaction_id{kNoTransaction};
  std::string_view username;                // "<receiver's ufrag>:<sender's ufrag>"
  std::optional<uint32_t> priority;         // RFC 8445 §5.1.2
  std::optional<uint64_t> ice_controlling;  // tie-breaker
  std::optional<uint64_t> ice_controlled;   // tie-breaker
  std::optional<base::SocketAddress> xor_mapped_address;
  std::optional<uint16_t> error_code;  // 300 to 699
  bool use_candidate = false;
  bool has_fingerprint = false;
  bool fingerprint_valid = false;  // CRC-32 checked while parsing
  uint16_t unknown_required = 0;   // first comprehension-required type not known
  uint16_t integrity_offset = 0;   // of the attribute; 0 = absent

  bool has_integrity() const { return integrity_offset != 0; }
  // True when MESSAGE-INTEGRITY is there and matches `key` (the short-term password, RFC 8489
  // §9.1). Takes the same time wherever the first difference is.
  bool verify_integrity(std::span<const uint8_t> key, HmacSha1 hmac) const;

 private:
  static constexpr std::array<uint8_t, 12> kNoTransaction{};
};

// Parses one whole datagram: the length field must cover it exactly. On an error `view` is not to
// be used. Attributes of other types are skipped.
ParseError parse_stun(std::span<const uint8_t> datagram, StunView& view);

// Writes one message into a span of the caller; attributes leave in call order. After `integrity`
// only `fingerprint` may follow, and `finish` gives the datagram's size or 0 when it did not fit.
class StunWriter {
 public:
  StunWriter(std::span<uint8_t> out, StunClass message_class, uint16_t method,
             std::span<const uint8_t, 12> transaction_id);

  StunWriter& username(std::string_view value);
  StunWriter& priority(uint32_t value);
  StunWriter& use_candidate();
  StunWriter& ice_controlling(uint64_t tie_breaker);
  StunWriter& ice_controlled(uint64_t tie_breaker);
  StunWriter& xor_mapped_address(const base::SocketAddress& address);
  // code: 300 to 699 (RFC 8489 §14.8); reason: at most 127 characters.
  StunWriter& error_code(uint16_t code, std::string_view reason);
  StunWriter& unknown_attributes(uint16_t type);
  StunWriter& software(std::string_view value);
  StunWriter& integrity(std::span<const uint8_t> key, HmacSha1 hmac);
  StunWriter& fingerprint();
  size_t finish();

 private:
  void attribute(uint16_t type, std::span<const uint8_t> value);
  void set_length(size_t attributes_size);

  base::ByteWriter writer_;
  std::array<uint8_t, 12> transaction_id_;
};

// The two answers of an ICE-lite agent, each with MESSAGE-INTEGRITY under `key` and FINGERPRINT.
// Both return the datagram's size, 0 when `out` is too small (80 bytes suffice for a success).
size_t write_binding_success(const StunView& request, const base::SocketAddress& mapped,
                             std::span<const uint8_t> key, HmacSha1 hmac, std::span<uint8_t> out);
size_t write_binding_error(const StunView& request, uint16_t code, std::string_view reason,
                           std::span<const uint8_t> key, HmacSha1 hmac, std::span<uint8_t> out);

}  // namespace wire
