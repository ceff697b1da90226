// An encoder that makes dependency descriptors only, from the recorded structures: the templates of
// libwebrtc's L1T3, L3T3, L3T3_KEY and L2T2_KEY_SHIFT in the order in which it uses them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/bytes.h"
#include "testing/fixtures.h"
#include "testing/json.h"
#include "wire/dependency_descriptor.h"

namespace testing_support {

struct DependencyMode {
  const char* name;  // of the vector whose structure it is
  // Templates per picture and spatial layer: the key picture, then a period that repeats.
  std::vector<std::vector<int>> key;
  std::vector<std::vector<int>> period;
};

inline DependencyMode l1t3() { return {"L1T3", {{0}}, {{3}, {2}, {4}, {1}}}; }
inline DependencyMode l3t3() {
  return {
      "L3T3 capture, all targets", {{1, 6, 11}}, {{3, 8, 13}, {2, 7, 12}, {4, 9, 14}, {0, 5, 10}}};
}
inline DependencyMode l3t3_key() {
  return {"L3T3_KEY", {{0, 5, 10}}, {{3, 8, 13}, {2, 7, 12}, {4, 9, 14}, {1, 6, 11}}};
}
inline DependencyMode s3t3() {
  return {"S3T3", {{1, 6, 11}}, {{3, 8, 13}, {2, 7, 12}, {4, 9, 14}, {0, 5, 10}}};
}
inline DependencyMode l2t2_key_shift() {
  return {"L2T2_KEY_SHIFT", {{0, 4}, {1, 6}}, {{3, 5}, {2, 6}}};
}

struct DependencyTracePacket {
  Bytes descriptor;
  int64_t picture = 0;
  bool marker = false;
};

class DependencyTrace {
 public:
  DependencyTrace(const DependencyMode& mode, uint16_t first_frame) : mode_(mode) {
    const Json all = Json::read_file(capture_path("dd_vectors.json"));
    for (const Json& vector : all["vectors"].items()) {
      if (vector["name"].string() != mode.name) continue;
      wire::DependencyDescriptor descriptor;
      parse_dependency_descriptor(from_hex(vector["packets"][0]["hex"].string()), structure_,
                                  descriptor);
    }
    frame_ = first_frame;
  }

  // The packets of the next temporal unit: two per frame.
  std::vector<DependencyTracePacket> next(bool key) {
    if (key) index_ = 0;
    const bool starts = index_ < mode_.key.size();
    const std::vector<int>& templates =
        starts ? mode_.key[index_]
               : mode_.period[(index_ - mode_.key.size()) % mode_.period.size()];
    std::vector<DependencyTracePacket> packets;
    for (size_t i = 0; i < templates.size(); ++i) {
      const bool with_structure = index_ == 0 && i == 0;
      packets.push_back({written(templates[i], true, with_structure), picture_, false});
      packets.push_back({written(templates[i], false, false), picture_, i + 1 == templates.size()});
      ++frame_;
    }
    ++picture_;
    ++index_;
    return packets;
  }

  wire::DependencyStructure& structure() { return structure_; }
  std::optional<uint32_t> active_targets;  // written into every packet

 private:
  Bytes written(int index, bool first, bool with_structure) const {
    wire::DependencyDescriptor descriptor;
    descriptor.head = {
        .frame_number = frame_,
        .template_id = static_cast<uint8_t>((index + structure_.template_id_offset) & 0x3f),
        .start_of_frame = first,
        .end_of_frame = !first,
        .has_structure = with_structure};
    descriptor.active_targets = active_targets;
    Bytes bytes(256);
    bytes.resize(write_dependency_descriptor(descriptor, structure_, bytes));
    return bytes;
  }

  DependencyMode mode_;
  wire::DependencyStructure structure_;
  size_t index_ = 0;
  int64_t picture_ = 0;
  uint16_t frame_ = 0;
};

}  // namespace testing_support
