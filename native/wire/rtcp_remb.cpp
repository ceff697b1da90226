#include "wire/rtcp_remb.h"

#include <algorithm>
#include <bit>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {
constexpr uint32_t kIdentifier = 0x52454D42;  // "REMB"
constexpr size_t kRembFixedSize = 16;
constexpr int kMantissaBits = 18;
constexpr size_t kMaxRembSources = 255;
}  // namespace

ParseError parse_remb(const RtcpBlock& block, Remb& remb, RembSources& sources) {
  base::ByteReader reader(block.body);
  remb.sender_ssrc = reader.u32();
  reader.skip(4);
  const uint32_t identifier = reader.u32();
  const uint8_t count = reader.u8();
  const uint32_t rate = reader.u24();
  const std::span<const uint8_t> ssrcs = reader.bytes(size_t{4} * count);
  if (!reader.ok()) return ParseError::kTruncated;
  if (identifier != kIdentifier) return ParseError::kBadType;
  const int exponent = static_cast<int>(rate >> kMantissaBits);
  const uint64_t mantissa = rate & ((1u << kMantissaBits) - 1);
  if (exponent > std::countl_zero(mantissa)) return ParseError::kBadValue;
  remb.bitrate_bps = mantissa << exponent;
  sources = RembSources(ssrcs);
  return ParseError::kNone;
}

size_t write_remb(const Remb& remb, std::span<const uint32_t> ssrcs, std::span<uint8_t> out) {
  if (ssrcs.size() > kMaxRembSources) return 0;
  const int width = 64 - std::countl_zero(remb.bitrate_bps);
  const int exponent = std::max(0, width - kMantissaBits);
  const auto mantissa = static_cast<uint32_t>(remb.bitrate_bps >> exponent);
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kPayloadFeedback, kApplicationFormat,
                    kRtcpHeaderSize + kRembFixedSize + ssrcs.size() * 4);
  writer.u32(remb.sender_ssrc);
  writer.u32(0);
  writer.u32(kIdentifier);
  writer.u8(static_cast<uint8_t>(ssrcs.size()));
  writer.u24(static_cast<uint32_t>(exponent) << kMantissaBits | mantissa);
  for (const uint32_t ssrc : ssrcs) writer.u32(ssrc);
  return writer.finish();
}

}  // namespace wire
