// RTCP compound packets (RFC 3550 §6.1; reduced size: RFC 5506) and the header all types share.
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P| RC / FMT|      PT       |  length in words, minus one   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// The iterator yields one block after the other; each type's own header parses its body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_writer.h"
#include "wire/parse_error.h"

namespace wire {

enum class RtcpType : uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kSourceDescription = 202,
  kBye = 203,
  kApp = 204,
  kTransportFeedback = 205,  // RFC 4585 §6.2
  kPayloadFeedback = 206,    // RFC 4585 §6.3
  kExtendedReport = 207,     // RFC 3611
};

// FMT of kTransportFeedback.
inline constexpr uint8_t kNackFormat = 1;
inline constexpr uint8_t kTransportCcFormat = 15;
// FMT of kPayloadFeedback.
inline constexpr uint8_t kPliFormat = 1;
inline constexpr uint8_t kFirFormat = 4;
inline constexpr uint8_t kApplicationFormat = 15;  // REMB

inline constexpr size_t kRtcpHeaderSize = 4;
// Blocks of one datagram that are looked at; more is kTooMany. A sender puts fewer than 10 into
// one; a higher bound lets a datagram of empty blocks cost more time.
inline constexpr size_t kMaxRtcpBlocks = 64;

// One packet of a compound. `body` is what follows the 4-byte header, without padding.
struct RtcpBlock {
  RtcpType type{};
  uint8_t count = 0;  // RC, SC or FMT: 5 bits
  std::span<const uint8_t> body;
};

class RtcpReader {
 public:
  explicit RtcpReader(std::span<const uint8_t> compound) : left_(compound) {}

  // Next block into `block`; false at the end or at the first malformed block: `error()` tells.
  // Blocks of types not listed above are yielded too.
  bool next(RtcpBlock& block);
  ParseError error() const { return error_; }

 private:
  ParseError read(RtcpBlock& block);

  std::span<const uint8_t> left_;
  size_t blocks_ = 0;
  ParseError error_ = ParseError::kNone;
};

// Starts a packet of `size` bytes (a multiple of 4, header included); the P bit when `padding`.
void write_rtcp_header(base::ByteWriter& writer, RtcpType type, uint8_t count, size_t size,
                       bool padding = false);

}  // namespace wire
