// What a payload type carries, in the order of the engine's contract.
#pragma once

#include <cstdint>

namespace wire {

enum class MediaKind : uint8_t { kAudio, kVideo };

enum class CodecKind : uint8_t { kUnknown, kOpus, kVp8, kVp9, kH264, kAv1, kRed, kRtx };

}  // namespace wire
