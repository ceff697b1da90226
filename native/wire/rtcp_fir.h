// Full intra request, PT 206 FMT 4 (RFC 5104 §4.3.1). The header's media SSRC is unused and 0.
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|  FMT=4  |    PT=206     |             length            |
// |                  SSRC of packet sender                        |
// |                  SSRC of media source = 0                     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                              SSRC                             |  one or more
// | Seq nr.       |    Reserved                                   |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"
#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

// A repeated request carries the sequence number of the first one: it is one command.
struct FirEntry {
  uint32_t ssrc = 0;
  uint8_t sequence = 0;

  bool operator==(const FirEntry&) const = default;
};

// The entries of a parsed FIR, decoded on access.
class FirEntries {
 public:
  FirEntries() = default;
  explicit FirEntries(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size() / 8; }
  FirEntry operator[](size_t index) const {
    return {base::load_u32(&bytes_[index * 8]), bytes_[index * 8 + 4]};
  }

 private:
  std::span<const uint8_t> bytes_;
};

ParseError parse_fir(const RtcpBlock& block, uint32_t& sender_ssrc, FirEntries& entries);
// Returns the packet's size, 0 when it does not fit.
size_t write_fir(uint32_t sender_ssrc, std::span<const FirEntry> entries, std::span<uint8_t> out);

}  // namespace wire
