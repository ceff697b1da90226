#include "wire/rtp.h"

#include <limits>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {
constexpr size_t kExtensionHeaderSize = 4;
}

ParseError parse_rtp_header(std::span<const uint8_t> packet, RtpView& view) {
  if (packet.size() < kRtpFixedHeaderSize) return ParseError::kTruncated;
  if (packet.size() > std::numeric_limits<uint16_t>::max()) return ParseError::kBadLength;
  const uint8_t* at = packet.data();
  if (at[0] >> 6 != 2) return ParseError::kBadVersion;
  view = RtpView();
  view.bytes = at;
  view.csrc_count = at[0] & 0x0F;
  view.marker = (at[1] & 0x80) != 0;
  view.payload_type = at[1] & 0x7F;
  view.sequence = base::load_u16(at + 2);
  view.timestamp = base::load_u32(at + 4);
  view.ssrc = base::load_u32(at + 8);
  size_t offset = kRtpFixedHeaderSize + size_t{4} * view.csrc_count;
  if (packet.size() < offset) return ParseError::kTruncated;
  if ((at[0] & 0x10) != 0) {
    if (packet.size() < offset + kExtensionHeaderSize) return ParseError::kBadExtension;
    const size_t size = size_t{4} * base::load_u16(at + offset + 2);
    view.extension_profile = base::load_u16(at + offset);
    offset += kExtensionHeaderSize;
    if (packet.size() - offset < size) return ParseError::kBadExtension;
    view.extension_offset = static_cast<uint16_t>(offset);
    view.extension_size = static_cast<uint16_t>(size);
    offset += size;
  }
  view.payload_offset = static_cast<uint16_t>(offset);
  view.payload_size = static_cast<uint16_t>(packet.size() - offset);
  return ParseError::kNone;
}

ParseError parse_rtp(std::span<const uint8_t> packet, RtpView& view) {
  const ParseError error = parse_rtp_header(packet, view);
  const bool padded = error == ParseError::kNone && (packet[0] & 0x20) != 0;
  if (!padded) return error;
  const uint8_t padding = packet.back();
  if (padding == 0 || padding > view.payload_size) return ParseError::kBadPadding;
  view.padding_size = padding;
  view.payload_size = static_cast<uint16_t>(view.payload_size - padding);
  return ParseError::kNone;
}

void write_fixed_header(const RtpHeader& header, bool has_extensions, uint8_t* out) {
  out[0] = static_cast<uint8_t>(0x80 | (header.padding ? 0x20 : 0) | (has_extensions ? 0x10 : 0));
  out[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7F));
  base::store_u16(out + 2, header.sequence);
  base::store_u32(out + 4, header.timestamp);
  base::store_u32(out + 8, header.ssrc);
}

size_t write_rtp_header(const RtpHeader& header, std::span<const ExtensionElement> elements,
                        std::span<uint8_t> out) {
  if (out.size() < kRtpFixedHeaderSize) return 0;
  const size_t extensions = write_extensions(elements, out.subspan(kRtpFixedHeaderSize));
  if (extensions == 0 && !elements.empty()) return 0;
  write_fixed_header(header, extensions > 0, out.data());
  return kRtpFixedHeaderSize + extensions;
}

}  // namespace wire
