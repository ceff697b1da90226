// Packet chunks of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
// §3.1.2 to §3.1.4), shared by its reader and its writer.
//
//  0                   1
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0| S |       run length        |   S: the symbol of the whole run
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |1|0|    14 one-bit symbols     |   0 or 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |1|1|    7 two-bit symbols      |   any
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>

namespace wire {

// Status symbols. Their value is also the size of the delta in bytes.
constexpr uint8_t kNotReceived = 0;
constexpr uint8_t kSmallDelta = 1;
constexpr uint8_t kLargeDelta = 2;
constexpr uint8_t kReserved = 3;

constexpr uint16_t kVectorChunk = 0x8000;
constexpr uint16_t kTwoBitVector = 0x4000;
constexpr uint16_t kMaxRun = 0x1FFF;
constexpr uint16_t kOneBitSymbols = 14;
constexpr uint16_t kTwoBitSymbols = 7;

constexpr uint16_t symbols_in(uint16_t chunk) {
  if ((chunk & kVectorChunk) == 0) return chunk & kMaxRun;
  return (chunk & kTwoBitVector) == 0 ? kOneBitSymbols : kTwoBitSymbols;
}

// The symbol of a chunk that has `left` (at least 1) still to be read, counted from its end.
constexpr uint8_t symbol_of(uint16_t chunk, uint16_t left) {
  if ((chunk & kVectorChunk) == 0) return chunk >> 13 & 3;
  if ((chunk & kTwoBitVector) == 0) return chunk >> (left - 1) & 1;
  return chunk >> 2 * (left - 1) & 3;
}

}  // namespace wire
