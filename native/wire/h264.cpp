#include "wire/h264.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace wire {

namespace {

constexpr uint8_t kSlice = 1;
constexpr uint8_t kIdrSlice = 5;
constexpr uint8_t kSps = 7;
constexpr uint8_t kPps = 8;
constexpr uint8_t kLastSingleNal = 23;
constexpr uint8_t kStapA = 24;
constexpr uint8_t kFuA = 28;

constexpr uint8_t type_of(uint8_t header) { return header & 0x1F; }
constexpr uint8_t ref_idc_of(uint8_t header) { return header >> 5 & 0x03; }

// Notes one NAL unit of `type` whose bytes after its header are `contents` (empty in the middle of
// a fragmented unit). A slice header begins with ue(v) first_mb_in_slice: one set bit means 0.
void note_nal(uint8_t type, std::span<const uint8_t> contents, H264Payload& parsed) {
  parsed.has_sps = parsed.has_sps || type == kSps;
  parsed.has_pps = parsed.has_pps || type == kPps;
  parsed.has_idr = parsed.has_idr || type == kIdrSlice;
  const bool is_slice = type == kSlice || type == kIdrSlice;
  if (is_slice && !contents.empty() && (contents[0] & 0x80) != 0) parsed.has_first_slice = true;
}

ParseError parse_stap_a(base::ByteReader reader, H264Payload& parsed) {
  parsed.start_of_nal = parsed.end_of_nal = true;
  do {
    const std::span<const uint8_t> nal = reader.bytes(reader.u16());
    if (!reader.ok()) return ParseError::kTruncated;
    if (nal.empty()) return ParseError::kBadLength;
    parsed.nal_ref_idc = std::max(parsed.nal_ref_idc, ref_idc_of(nal[0]));
    note_nal(type_of(nal[0]), nal.subspan(1), parsed);
  } while (reader.remaining() > 0);
  return ParseError::kNone;
}

ParseError parse_fu_a(base::ByteReader reader, H264Payload& parsed) {
  const uint8_t fragment = reader.u8();
  const std::span<const uint8_t> contents = reader.rest();
  if (!reader.ok() || contents.empty()) return ParseError::kTruncated;
  parsed.start_of_nal = (fragment & 0x80) != 0;
  parsed.end_of_nal = (fragment & 0x40) != 0;
  // A unit in one packet must not be fragmented (§5.8).
  if (parsed.start_of_nal && parsed.end_of_nal) return ParseError::kBadValue;
  note_nal(type_of(fragment), parsed.start_of_nal ? contents : std::span<const uint8_t>{}, parsed);
  return ParseError::kNone;
}

}  // namespace

ParseError parse_h264(std::span<const uint8_t> payload, H264Payload& parsed) {
  parsed = H264Payload();
  base::ByteReader reader(payload);
  const uint8_t header = reader.u8();
  if (!reader.ok()) return ParseError::kTruncated;
  parsed.packet_type = type_of(header);
  parsed.nal_ref_idc = ref_idc_of(header);
  if (parsed.packet_type == kStapA) return parse_stap_a(reader, parsed);
  if (parsed.packet_type == kFuA) return parse_fu_a(reader, parsed);
  if (parsed.packet_type == 0 || parsed.packet_type > kLastSingleNal) return ParseError::kBadType;
  parsed.start_of_nal = parsed.end_of_nal = true;
  note_nal(parsed.packet_type, reader.rest(), parsed);
  return ParseError::kNone;
}

}  // namespace wire
