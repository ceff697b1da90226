#include "wire/link_pulse.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace wire {

namespace {
constexpr uint32_t kName = 0x504c4e4b;  // PLNK
constexpr uint8_t kDeaf = 0;
constexpr uint8_t kHears = 1;
}  // namespace

std::optional<LinkPulse> parse_link_pulse(const RtcpBlock& block) {
  if (block.body.size() != kLinkPulseSize - kRtcpHeaderSize || block.count > kHears ||
      base::load_u32(&block.body[4]) != kName) {
    return std::nullopt;
  }
  return LinkPulse{base::load_u32(&block.body[0]), block.count == kHears};
}

size_t write_link_pulse(const LinkPulse& pulse, std::span<uint8_t> out) {
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kApp, pulse.hears ? kHears : kDeaf, kLinkPulseSize);
  writer.u32(pulse.sender_ssrc);
  writer.u32(kName);
  return writer.finish();
}

}  // namespace wire
