// Redundant audio (RFC 2198): a packet that carries the newest frame and frames before it.
//
//  0                   1                    2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |1|   block PT  |  timestamp offset         |   block length    |   each redundant block
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0|   block PT  |   the primary block: newest, to the end of the payload
// +-+-+-+-+-+-+-+-+
// then the blocks' data in the same order, oldest first
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/parse_error.h"

namespace wire {

inline constexpr size_t kRedBlockHeader = 4;
inline constexpr size_t kRedPrimaryHeader = 1;
inline constexpr uint16_t kMaxRedOffset = 16383;  // ticks: 341 ms at 48 kHz
inline constexpr uint16_t kMaxRedLength = 1023;
// Blocks of one packet, the primary included; senders in use write 2 or 3. More is refused.
inline constexpr size_t kMaxRedBlocks = 10;

struct RedBlock {
  uint8_t payload_type = 0;       // 7 bits
  uint16_t timestamp_offset = 0;  // ticks before the packet's timestamp; 0 for the primary
  uint16_t offset = 0;            // of the data, in the payload
  uint16_t size = 0;
};

struct RedPayload {
  std::array<RedBlock, kMaxRedBlocks> blocks{};
  size_t count = 0;  // at least 1 after parsing

  const RedBlock& primary() const { return blocks[count - 1]; }
  // Oldest first.
  std::span<const RedBlock> redundant() const { return {blocks.data(), count - 1}; }
};

// `payload` of at most 65 535 bytes, without RTP padding. On an error `red` is not to be used. Any
// block may be empty.
ParseError parse_red(std::span<const uint8_t> payload, RedPayload& red);

// The headers of these blocks, the last of them the primary; their data is to follow at once.
// Offsets into data are not looked at. Returns the size; 0 when `out` is too small or a field
// exceeds kMaxRedOffset or kMaxRedLength.
size_t write_red_header(std::span<const RedBlock> blocks, std::span<uint8_t> out);

}  // namespace wire
