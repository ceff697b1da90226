// What a publisher is asked for by RTCP.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace load {

// Calls `take` with the SSRC of each stream that a compound packet wants a key frame of: by PLI
// (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1).
void read_key_frame_requests(std::span<const uint8_t> compound,
                             const std::function<void(uint32_t ssrc)>& take);

}  // namespace load
