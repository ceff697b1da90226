// BYE, PT 203 (RFC 3550 §6.6). The reason for leaving is neither read nor written.
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|    SC   |   PT=BYE=203  |             length            |
// |                     SSRC/CSRC, SC of them                     |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"
#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

// The sources that leave, decoded on access.
class ByeSources {
 public:
  ByeSources() = default;
  explicit ByeSources(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size() / 4; }
  uint32_t operator[](size_t index) const { return base::load_u32(&bytes_[index * 4]); }

 private:
  std::span<const uint8_t> bytes_;
};

ParseError parse_bye(const RtcpBlock& block, ByeSources& sources);
// At most 31 sources. Returns the packet's size, 0 when it does not fit.
size_t write_bye(std::span<const uint32_t> ssrcs, std::span<uint8_t> out);

}  // namespace wire
