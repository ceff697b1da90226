#include "base/bit_writer.h"
#include "wire/dependency_descriptor.h"

namespace wire {

namespace {

// 2 bits: the step from a template's layer to the next one's.
uint64_t next_layer(const FrameDependencies& from, const FrameDependencies& to) {
  constexpr uint64_t kSame = 0;
  constexpr uint64_t kTemporal = 1;
  constexpr uint64_t kSpatial = 2;
  if (to.spatial_id != from.spatial_id) return kSpatial;
  return to.temporal_id != from.temporal_id ? kTemporal : kSame;
}

void write_layers(base::BitWriter& writer, const DependencyStructure& structure) {
  constexpr uint64_t kEnd = 3;
  for (size_t i = 0; i + 1 < structure.template_count; ++i) {
    writer.bits(next_layer(structure.templates[i], structure.templates[i + 1]), 2);
  }
  writer.bits(kEnd, 2);
}

void write_indications(base::BitWriter& writer, uint64_t indications, size_t targets) {
  for (size_t i = 0; i < targets; ++i) writer.bits(indications >> (2 * i), 2);
}

void write_template_diffs(base::BitWriter& writer, const FrameDependencies& made) {
  for (const uint16_t diff : made.diffs()) {
    writer.flag(true);
    writer.bits(diff - 1u, 4);
  }
  writer.flag(false);
}

void write_chains(base::BitWriter& writer, const DependencyStructure& structure) {
  writer.non_symmetric(structure.chains, uint32_t{structure.decode_targets} + 1);
  if (structure.chains == 0) return;
  for (size_t i = 0; i < structure.decode_targets; ++i) {
    writer.non_symmetric(structure.protected_by[i], structure.chains);
  }
  for (size_t i = 0; i < structure.template_count; ++i) {
    for (size_t chain = 0; chain < structure.chains; ++chain) {
      writer.bits(structure.templates[i].chain_diffs[chain], 4);
    }
  }
}

void write_structure(base::BitWriter& writer, const DependencyStructure& structure) {
  writer.bits(structure.template_id_offset, 6);
  writer.bits(structure.decode_targets - 1u, 5);
  write_layers(writer, structure);
  for (size_t i = 0; i < structure.template_count; ++i) {
    write_indications(writer, structure.templates[i].indications, structure.decode_targets);
  }
  for (size_t i = 0; i < structure.template_count; ++i) {
    write_template_diffs(writer, structure.templates[i]);
  }
  write_chains(writer, structure);
  writer.flag(structure.has_resolutions);
  for (size_t i = 0; structure.has_resolutions && i < structure.spatial_layers; ++i) {
    writer.bits(structure.resolutions[i].width - 1u, 16);
    writer.bits(structure.resolutions[i].height - 1u, 16);
  }
}

// The shortest of 1 to 3 groups of 4 bits each.
void write_own_diffs(base::BitWriter& writer, const FrameDependencies& frame) {
  for (const uint16_t diff : frame.diffs()) {
    const unsigned nibbles = diff <= 16 ? 1 : diff <= 256 ? 2 : 3;
    writer.bits(nibbles, 2);
    writer.bits(diff - 1u, 4 * nibbles);
  }
  writer.bits(0, 2);
}

bool is_extended(const DependencyDescriptor& descriptor) {
  return descriptor.head.has_structure || descriptor.active_targets.has_value() ||
         descriptor.has_own_indications || descriptor.has_own_frame_diffs ||
         descriptor.has_own_chain_diffs;
}

}  // namespace

size_t write_dependency_descriptor(const DependencyDescriptor& descriptor,
                                   const DependencyStructure& structure, std::span<uint8_t> out) {
  base::BitWriter writer(out);
  writer.flag(descriptor.head.start_of_frame);
  writer.flag(descriptor.head.end_of_frame);
  writer.bits(descriptor.head.template_id, 6);
  writer.bits(descriptor.head.frame_number, 16);
  if (!is_extended(descriptor)) return writer.finish();
  writer.flag(descriptor.head.has_structure);
  writer.flag(descriptor.active_targets.has_value());
  writer.flag(descriptor.has_own_indications);
  writer.flag(descriptor.has_own_frame_diffs);
  writer.flag(descriptor.has_own_chain_diffs);
  if (descriptor.head.has_structure) write_structure(writer, structure);
  if (descriptor.active_targets) writer.bits(*descriptor.active_targets, structure.decode_targets);
  if (descriptor.has_own_indications) {
    write_indications(writer, descriptor.frame.indications, structure.decode_targets);
  }
  if (descriptor.has_own_frame_diffs) write_own_diffs(writer, descriptor.frame);
  for (size_t i = 0; descriptor.has_own_chain_diffs && i < structure.chains; ++i) {
    writer.bits(descriptor.frame.chain_diffs[i], 8);
  }
  return writer.finish();
}

}  // namespace wire
