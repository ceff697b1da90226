// Reads the dependency descriptors of one encoding, once for all subscribers: each needs the
// structure that was in force for its frame (AV1 RTP specification, Appendix A.8; algorithms R4.12,
// R4.20). Rules: SPEC.md, [DD-*].
#pragma once

#include <array>
#include <cstdint>
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

class DependencyTracker {
 public:
  // Fills `packet.dependency`, which is valid until the next call, from `packet.descriptor`; lets
  // decoding start at a frame with a structure. Leaves the packet as it is without a descriptor.
  void describe(MediaPacket& packet);

 private:
  struct Known {
    wire::DependencyStructure structure;
    int64_t since = 0;    // frame number
    uint32_t number = 0;  // 0 = nothing known
    uint32_t active_targets = 0;
  };

  bool read(std::span<const uint8_t> value);
  Known* keep(const wire::DependencyStructure& structure, int64_t frame_number);
  Known* known_for(int64_t frame_number);

  Source source_;
  base::Unwrapper<uint16_t> numbers_;
  std::array<Known, 2> known_;  // the newest and the one before, taking turns
  size_t newest_ = 0;
  uint32_t structures_ = 0;
  wire::DependencyStructure read_;  // before it is known to be sound
  DependencyFrame frame_;
};

}  // namespace forward
