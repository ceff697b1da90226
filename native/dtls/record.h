// As much of a DTLS record as is looked at before a TLS library sees it.
//
//  type (8) | version (16) | epoch (16) | sequence_number (48) | length (16) | fragment
//                                                                (RFC 6347 §4.1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dtls {

inline constexpr size_t kRecordHeader = 13;

enum class ContentType : uint8_t {
  kChangeCipherSpec = 20,
  kAlert = 21,
  kHandshake = 22,
  kApplicationData = 23,
};

// Whether the datagram is whole records of known types and of a DTLS version, end to end.
bool is_well_formed(std::span<const uint8_t> datagram);

// Whether its first record carries a ClientHello, or a fragment of one, in the clear.
bool begins_with_client_hello(std::span<const uint8_t> datagram);

}  // namespace dtls
