#include "wire/av1.h"

#include "base/byte_reader.h"

namespace wire {

namespace {

constexpr uint8_t kObuSequenceHeader = 1;

// leb128 (AV1 specification §4.10.5), at most 8 bytes; an element's length never needs more than 3.
size_t read_leb128(base::ByteReader& reader) {
  constexpr int kMaxBytes = 8;
  size_t value = 0;
  for (int i = 0; i < kMaxBytes; ++i) {
    const uint8_t byte = reader.u8();
    value |= size_t{byte & 0x7Fu} << (i * 7);
    if ((byte & 0x80) == 0) return value;
  }
  reader.skip(reader.remaining() + 1);
  return 0;
}

// The OBU header's type (§5.3.2): |F|type (4)|X|S|-|.
bool is_sequence_header(std::span<const uint8_t> obu) {
  return !obu.empty() && (obu[0] >> 3 & 0x0F) == kObuSequenceHeader;
}

}  // namespace

ParseError parse_av1(std::span<const uint8_t> payload, Av1Payload& parsed) {
  parsed = Av1Payload();
  base::ByteReader reader(payload);
  const uint8_t header = reader.u8();
  if (reader.remaining() == 0) return ParseError::kTruncated;
  const uint8_t declared = header >> 4 & 0x03;  // W
  parsed.continues_previous = (header & 0x80) != 0;
  parsed.continues_in_next = (header & 0x40) != 0;
  parsed.new_sequence = (header & 0x08) != 0;
  // A new sequence does not begin inside a fragment (§4.4).
  if (parsed.new_sequence && parsed.continues_previous) return ParseError::kBadValue;
  while (reader.remaining() > 0) {
    const bool without_length = declared != 0 && parsed.obu_elements + 1 == declared;
    const std::span<const uint8_t> element =
        without_length ? reader.rest() : reader.bytes(read_leb128(reader));
    const bool begins_here = parsed.obu_elements > 0 || !parsed.continues_previous;
    if (begins_here && is_sequence_header(element)) parsed.has_sequence_header = true;
    ++parsed.obu_elements;
  }
  if (!reader.ok()) return ParseError::kBadLength;
  return declared == 0 || declared == parsed.obu_elements ? ParseError::kNone
                                                          : ParseError::kBadLength;
}

}  // namespace wire
