// Generic NACK, PT 205 FMT 1 (RFC 4585 §6.2.1).
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|  FMT=1  |    PT=205     |             length            |
// |                  SSRC of packet sender                        |
// |                  SSRC of media source                         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |            PID                |             BLP               |  one or more
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

struct Nack {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;

  bool operator==(const Nack&) const = default;
};

// Walks the lost sequence numbers of a NACK, each PID followed by the numbers its BLP names.
class NackSequences {
 public:
  NackSequences() = default;
  explicit NackSequences(std::span<const uint8_t> items) : items_(items) {}
  // False at the end.
  bool next(uint16_t& sequence);

 private:
  std::span<const uint8_t> items_;
  uint16_t pid_ = 0;
  uint16_t bitmask_ = 0;  // what is left of the open item
};

ParseError parse_nack(const RtcpBlock& block, Nack& nack, NackSequences& sequences);

// Packs `sequences` (ascending in serial order, wrap included) into as few items as possible.
// Writes what fits in `out` and tells in `taken` how many that were; the caller sends the rest in a
// further message. Returns the packet's size; 0 when not even one fits or there are none.
size_t write_nack(const Nack& nack, std::span<const uint16_t> sequences, std::span<uint8_t> out,
                  size_t& taken);

}  // namespace wire
