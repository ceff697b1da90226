#include "wire/rtcp_transport_cc.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "wire/transport_cc_chunk.h"

namespace wire {

namespace {

constexpr size_t kChunkSize = 2;

// Size of the deltas that the first `used` symbols of a chunk announce, or nothing when one of
// them is reserved.
bool add_delta_size(uint16_t chunk, uint16_t used, size_t& size) {
  if ((chunk & kVectorChunk) == 0) {
    const uint8_t symbol = symbol_of(chunk, 1);
    size += size_t{symbol} * used;
    return symbol != kReserved;
  }
  const uint16_t symbols = symbols_in(chunk);
  for (uint16_t i = 0; i < used; ++i) {
    const uint8_t symbol = symbol_of(chunk, static_cast<uint16_t>(symbols - i));
    if (symbol == kReserved) return false;
    size += symbol;
  }
  return true;
}

// Finds where the deltas begin and that they are all there.
ParseError check_chunks(std::span<const uint8_t> chunks, uint16_t status_count, size_t& deltas_at) {
  base::ByteReader reader(chunks);
  size_t deltas_size = 0;
  for (uint16_t left = status_count; left > 0;) {
    const uint16_t chunk = reader.u16();
    if (!reader.ok()) return ParseError::kTruncated;
    const uint16_t used = std::min(left, symbols_in(chunk));
    if (used == 0) return ParseError::kBadValue;
    if (!add_delta_size(chunk, used, deltas_size)) return ParseError::kBadType;
    left = static_cast<uint16_t>(left - used);
  }
  deltas_at = reader.position();
  return deltas_size <= reader.remaining() ? ParseError::kNone : ParseError::kTruncated;
}

}  // namespace

uint8_t TransportCcReader::next_symbol() {
  if (open_left_ == 0) {
    open_chunk_ = base::load_u16(chunk_);
    open_left_ = symbols_in(open_chunk_);
    chunk_ += kChunkSize;
  }
  return symbol_of(open_chunk_, open_left_--);
}

bool TransportCcReader::next(PacketStatus& status) {
  if (left_ == 0) return false;
  --left_;
  const uint8_t symbol = next_symbol();
  if (symbol == kSmallDelta) offset_us_ += *delta_ * kTransportCcTickUs;
  if (symbol == kLargeDelta) {
    offset_us_ += static_cast<int16_t>(base::load_u16(delta_)) * kTransportCcTickUs;
  }
  delta_ += symbol;
  status = {.sequence = sequence_++, .received = symbol != kNotReceived, .offset_us = offset_us_};
  return true;
}

ParseError parse_transport_cc(const RtcpBlock& block, TransportCc& feedback,
                              TransportCcReader& packets) {
  base::ByteReader reader(block.body);
  feedback.sender_ssrc = reader.u32();
  feedback.media_ssrc = reader.u32();
  feedback.base_sequence = reader.u16();
  feedback.status_count = reader.u16();
  feedback.reference_time = reader.u24();
  feedback.feedback_count = reader.u8();
  if (!reader.ok()) return ParseError::kTruncated;
  if (feedback.status_count == 0) return ParseError::kBadValue;
  const std::span<const uint8_t> chunks = reader.rest();
  size_t deltas_at = 0;
  const ParseError error = check_chunks(chunks, feedback.status_count, deltas_at);
  if (error != ParseError::kNone) return error;
  packets = TransportCcReader();
  packets.chunk_ = chunks.data();
  packets.delta_ = chunks.data() + deltas_at;
  packets.sequence_ = feedback.base_sequence;
  packets.left_ = feedback.status_count;
  return ParseError::kNone;
}

}  // namespace wire
