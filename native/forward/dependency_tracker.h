// Reads the dependency descriptors of one encoding, once for all subscribers: each needs the
// structure that was in force for its frame (AV1 RTP specification, Appendix A.8; algorithms R4.12,
// R4.20). Rules: SPEC.md, [DD-*].
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/unwrapper.h"
#include "forward/media_packet.h"
#include "wire/dependency_descriptor.h"

namespace forward {

struct DependencyFrame {
  int64_t number = 0;  // unwrapped
  wire::DependencyDescriptor descriptor;
  // In force for the frame; nullptr when it is not known: of the descriptor only the head holds.
  const wire::DependencyStructure* structure = nullptr;
  uint32_t structure_number = 0;  // counts the structures of the encoding, from 1
  uint32_t active_targets = 0;    // in force
};

// Packets that can be described before the first of them is forgotten.
inline constexpr size_t kMaxDescribedFrames = 64;

class DependencyTracker {
 public:
  // Fills `packet.dependency` from `packet.descriptor`; it is valid for kMaxDescribedFrames calls,
  // and at most until one that starts decoding. Lets
  // decoding start at a frame with a structure. Leaves the packet as it is without a descriptor.
  void describe(MediaPacket& packet);

 private:
  struct Known {
    wire::DependencyStructure structure;
    int64_t since = 0;    // frame number
    uint32_t number = 0;  // 0 = nothing known
    uint32_t active_targets = 0;
  };

  bool read(std::span<const uint8_t> value, DependencyFrame& frame);
  Known* keep(const wire::DependencyStructure& structure, int64_t frame_number);
  Known* known_for(int64_t frame_number);

  // Kilobytes: many encodings never have a descriptor.
  struct Memory {
    // The newest, the one before, and the one that the next replaces: a packet described before may
    // still speak of it.
    std::array<Known, 3> known;
    wire::DependencyStructure read;                           // before it is known to be sound
    std::array<DependencyFrame, kMaxDescribedFrames> frames;  // in turns
  };

  Source source_;
  base::Unwrapper<uint16_t> numbers_;
  size_t newest_ = 0;
  size_t before_ = 1;
  uint32_t structures_ = 0;
  size_t turn_ = 0;
  std::unique_ptr<Memory> memory_;  // once there is a descriptor
};

}  // namespace forward
