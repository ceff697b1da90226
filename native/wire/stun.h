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

// Longer messages are refused: STUN over UDP stays below the path MTU (RFC 8489 §6.1).
inline constexpr size_t kMaxStunSize = 1500;

// HMAC-SHA1 (RFC 2104) of `message` under `key`. Injected, so that wire needs no crypto.
using HmacSha1 = std::array<uint8_t, 20> (*)(std::span<const uint8_t> key,
                                             std::span<const uint8_t> message);

// Attributes that an ICE agent reads, found in one pass. Spans refer to the caller's bytes. Only
// the first of equal attributes counts, and none after MESSAGE-INTEGRITY but FINGERPRINT
// (RFC 8489 §14, §14.5).
struct StunMessage {
  std::span<const uint8_t> bytes;
  StunClass message_class = StunClass::kRequest;
  uint16_t method = 0;
  std::array<uint8_t, 12> transaction_id{};
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
};

// Parses one whole datagram: the length field must cover it exactly. On an error `message` is not
// to be used. Attributes of other types are skipped.
ParseError parse_stun(std::span<const uint8_t> datagram, StunMessage& message);

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
  StunWriter& unknown_attribute(uint16_t type);
  StunWriter& software(std::string_view value);
  StunWriter& integrity(std::span<const uint8_t> key, HmacSha1 hmac);
  StunWriter& fingerprint();
  size_t finish() const { return writer_.finish(); }

 private:
  void attribute(uint16_t type, std::span<const uint8_t> value);
  void text_attribute(uint16_t type, std::string_view value);
  void set_length(size_t attributes_size);

  base::ByteWriter writer_;
  std::array<uint8_t, 12> transaction_id_;
};

// An error response's code and reason phrase.
struct StunError {
  uint16_t code;
  std::string_view reason;
};
inline constexpr StunError kBadRequest{400, "Bad Request"};
inline constexpr StunError kUnknownAttribute{420, "Unknown Attribute"};

// The two answers of an ICE-lite agent, each with MESSAGE-INTEGRITY under `key` and FINGERPRINT; a
// kUnknownAttribute names the request's `unknown_required`. Both return the datagram's size, 0 when
// `out` is too small (80 bytes suffice for a success).
size_t write_binding_success(const StunMessage& request, const base::SocketAddress& mapped,
                             std::span<const uint8_t> key, HmacSha1 hmac, std::span<uint8_t> out);
size_t write_binding_error(const StunMessage& request, const StunError& error,
                           std::span<const uint8_t> key, HmacSha1 hmac, std::span<uint8_t> out);

}  // namespace wire
