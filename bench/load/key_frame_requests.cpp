#include "load/key_frame_requests.h"

#include "base/byte_reader.h"

namespace load {

namespace {

constexpr uint8_t kPayloadSpecific = 206;  // RFC 4585 §6.3
constexpr uint8_t kPli = 1;
constexpr uint8_t kFir = 4;

}  // namespace

void read_key_frame_requests(std::span<const uint8_t> compound,
                             const std::function<void(uint32_t ssrc)>& take) {
  std::span<const uint8_t> rest = compound;
  while (rest.size() >= 12) {
    const size_t size = 4 * (static_cast<size_t>(base::load_u16(&rest[2])) + 1);
    const uint8_t format = rest[0] & 0x1f;
    if (size > rest.size()) return;
    // A FIR names the stream in its first entry (RFC 5104 §4.3.1.1), a PLI in its header.
    const bool is_fir = format == kFir && size >= 20;
    if (rest[1] == kPayloadSpecific && (format == kPli || is_fir)) {
      take(base::load_u32(&rest[is_fir ? 12 : 8]));
    }
    rest = rest.subspan(size);
  }
}

}  // namespace load
