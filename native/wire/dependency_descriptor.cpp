#include "wire/dependency_descriptor.h"

#include <algorithm>

#include "base/bit_reader.h"
#include "base/byte_reader.h"

namespace wire {

namespace {

constexpr size_t kMandatorySize = 3;
constexpr uint32_t kTemplateIds = 64;

enum class NextLayer : uint8_t { kSame, kTemporal, kSpatial, kEnd };

ParseError read_template_layers(base::BitReader& reader, DependencyStructure& structure) {
  constexpr uint8_t kMaxTemporalId = 7;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  NextLayer next = NextLayer::kSame;
  structure.template_count = 0;
  while (next != NextLayer::kEnd) {
    if (structure.template_count == kMaxDependencyTemplates ||
        spatial == kMaxDependencySpatialLayers || temporal > kMaxTemporalId) {
      return ParseError::kTooMany;
    }
    FrameDependencies& made = structure.templates[structure.template_count++];
    made = FrameDependencies();
    made.spatial_id = spatial;
    made.temporal_id = temporal;
    next = static_cast<NextLayer>(reader.bits(2));
    if (!reader.ok()) return ParseError::kTruncated;
    if (next == NextLayer::kTemporal) ++temporal;
    if (next == NextLayer::kSpatial) {
      temporal = 0;
      ++spatial;
    }
  }
  structure.spatial_layers = static_cast<uint8_t>(spatial + 1);
  return ParseError::kNone;
}

uint64_t read_indications(base::BitReader& reader, size_t targets) {
  uint64_t indications = 0;
  for (size_t i = 0; i < targets; ++i) indications |= reader.bits(2) << (2 * i);
  return indications;
}

// False when there are more than kMaxFrameDiffs.
bool add_diff(FrameDependencies& frame, uint64_t minus_one) {
  if (frame.diff_count == kMaxFrameDiffs) return false;
  frame.frame_diffs[frame.diff_count++] = static_cast<uint16_t>(minus_one + 1);
  return true;
}

bool read_template_diffs(base::BitReader& reader, FrameDependencies& made) {
  while (reader.flag()) {
    if (!add_diff(made, reader.bits(4))) return false;
  }
  return true;
}

void read_chains(base::BitReader& reader, DependencyStructure& structure) {
  structure.protected_by.fill(0);
  structure.chains =
      static_cast<uint8_t>(reader.non_symmetric(uint32_t{structure.decode_targets} + 1));
  if (structure.chains == 0) return;
  for (size_t i = 0; i < structure.decode_targets; ++i) {
    structure.protected_by[i] = static_cast<uint8_t>(reader.non_symmetric(structure.chains));
  }
  for (size_t i = 0; i < structure.template_count; ++i) {
    for (size_t chain = 0; chain < structure.chains; ++chain) {
      structure.templates[i].chain_diffs[chain] = static_cast<uint8_t>(reader.bits(4));
    }
  }
}

void read_resolutions(base::BitReader& reader, DependencyStructure& structure) {
  structure.resolutions.fill({});
  structure.has_resolutions = reader.flag();
  if (!structure.has_resolutions) return;
  for (size_t i = 0; i < structure.spatial_layers; ++i) {
    structure.resolutions[i].width = static_cast<uint32_t>(reader.bits(16) + 1);
    structure.resolutions[i].height = static_cast<uint32_t>(reader.bits(16) + 1);
  }
}

ParseError read_structure(base::BitReader& reader, DependencyStructure& structure) {
  structure.template_id_offset = static_cast<uint8_t>(reader.bits(6));
  structure.decode_targets = static_cast<uint8_t>(reader.bits(5) + 1);
  const ParseError error = read_template_layers(reader, structure);
  if (error != ParseError::kNone) return error;
  for (size_t i = 0; i < structure.template_count; ++i) {
    structure.templates[i].indications = read_indications(reader, structure.decode_targets);
  }
  for (size_t i = 0; i < structure.template_count; ++i) {
    if (!read_template_diffs(reader, structure.templates[i])) return ParseError::kTooMany;
  }
  read_chains(reader, structure);
  read_resolutions(reader, structure);
  derive_target_layers(structure);
  return reader.ok() ? ParseError::kNone : ParseError::kTruncated;
}

bool read_own_diffs(base::BitReader& reader, FrameDependencies& frame) {
  frame.diff_count = 0;
  frame.frame_diffs.fill(0);
  for (uint64_t nibbles = reader.bits(2); nibbles != 0; nibbles = reader.bits(2)) {
    if (!add_diff(frame, reader.bits(static_cast<unsigned>(4 * nibbles)))) return false;
  }
  return true;
}

ParseError take_template(const DependencyStructure& structure, DependencyDescriptor& descriptor) {
  const uint32_t index =
      (descriptor.head.template_id + kTemplateIds - structure.template_id_offset) % kTemplateIds;
  if (index >= structure.template_count) return ParseError::kBadValue;
  descriptor.frame = structure.templates[index];
  return ParseError::kNone;
}

// What the frame says of its own, where that differs from its template.
ParseError read_own(base::BitReader& reader, const DependencyStructure& structure,
                    DependencyDescriptor& descriptor) {
  if (descriptor.has_own_indications) {
    descriptor.frame.indications = read_indications(reader, structure.decode_targets);
  }
  if (descriptor.has_own_frame_diffs && !read_own_diffs(reader, descriptor.frame)) {
    return ParseError::kTooMany;
  }
  if (descriptor.has_own_chain_diffs) {
    for (size_t i = 0; i < structure.chains; ++i) {
      descriptor.frame.chain_diffs[i] = static_cast<uint8_t>(reader.bits(8));
    }
  }
  return reader.ok() ? ParseError::kNone : ParseError::kTruncated;
}

}  // namespace

void derive_target_layers(DependencyStructure& structure) {
  structure.target_spatial.fill(0);
  structure.target_temporal.fill(0);
  for (size_t target = 0; target < structure.decode_targets; ++target) {
    for (size_t i = 0; i < structure.template_count; ++i) {
      const FrameDependencies& made = structure.templates[i];
      if (made.indication(target) == DecodeIndication::kNotPresent) continue;
      uint8_t& spatial = structure.target_spatial[target];
      uint8_t& temporal = structure.target_temporal[target];
      spatial = std::max(spatial, made.spatial_id);
      temporal = std::max(temporal, made.temporal_id);
    }
  }
}

ParseError parse_dependency_head(std::span<const uint8_t> value, DependencyHead& head) {
  if (value.size() < kMandatorySize) return ParseError::kTruncated;
  head.start_of_frame = (value[0] & 0x80) != 0;
  head.end_of_frame = (value[0] & 0x40) != 0;
  head.template_id = value[0] & 0x3F;
  head.frame_number = base::load_u16(&value[1]);
  head.has_structure = value.size() > kMandatorySize && (value[3] & 0x80) != 0;
  return ParseError::kNone;
}

ParseError parse_dependency_descriptor(std::span<const uint8_t> value,
                                       DependencyStructure& structure,
                                       DependencyDescriptor& descriptor) {
  descriptor = DependencyDescriptor();
  const ParseError short_head = parse_dependency_head(value, descriptor.head);
  if (short_head != ParseError::kNone) return short_head;
  base::BitReader reader(value);
  reader.bits(8 * kMandatorySize);
  bool has_mask = false;
  if (value.size() > kMandatorySize) {
    reader.flag();
    has_mask = reader.flag();
    descriptor.has_own_indications = reader.flag();
    descriptor.has_own_frame_diffs = reader.flag();
    descriptor.has_own_chain_diffs = reader.flag();
  }
  if (descriptor.head.has_structure) {
    const ParseError error = read_structure(reader, structure);
    if (error != ParseError::kNone) return error;
  }
  descriptor.mask_position = static_cast<uint16_t>(reader.position());
  if (has_mask)
    descriptor.active_targets = static_cast<uint32_t>(reader.bits(structure.decode_targets));
  const ParseError error = take_template(structure, descriptor);
  return error == ParseError::kNone ? read_own(reader, structure, descriptor) : error;
}

}  // namespace wire
