// SDES, PT 202 (RFC 3550 §6.5): of its items only CNAME is read and written.
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|    SC   |  PT=SDES=202  |             length            |
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |                           SSRC/CSRC                           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |    CNAME=1    |     length    | name, … items, 0, pad to 32   |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

struct SdesChunk {
  uint32_t ssrc = 0;
  std::string_view cname;  // empty when the chunk has none; at most 255 bytes
};

// Walks the chunks of one SDES block.
class SdesReader {
 public:
  explicit SdesReader(const RtcpBlock& block) : reader_(block.body), left_(block.count) {}
  // False after the last chunk or at a malformed one: `error()` tells.
  bool next(SdesChunk& chunk);
  ParseError error() const { return error_; }

 private:
  base::ByteReader reader_;
  size_t left_;
  ParseError error_ = ParseError::kNone;
};

// At most 31 chunks, each with its CNAME (≤ 255 bytes). Returns the packet's size, 0 when it does
// not fit.
size_t write_sdes(std::span<const SdesChunk> chunks, std::span<uint8_t> out);

}  // namespace wire
