#include "wire/rtcp_bye.h"

#include "base/byte_writer.h"

namespace wire {

namespace {
constexpr size_t kMaxSources = 31;
}

ParseError parse_bye(const RtcpBlock& block, ByeSources& sources) {
  const size_t size = block.count * size_t{4};
  if (block.body.size() < size) return ParseError::kTruncated;
  sources = ByeSources(block.body.first(size));
  return ParseError::kNone;
}

size_t write_bye(std::span<const uint32_t> ssrcs, std::span<uint8_t> out) {
  if (ssrcs.size() > kMaxSources) return 0;
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kBye, static_cast<uint8_t>(ssrcs.size()),
                    kRtcpHeaderSize + ssrcs.size() * 4);
  for (const uint32_t ssrc : ssrcs) writer.u32(ssrc);
  return writer.finish();
}

}  // namespace wire
