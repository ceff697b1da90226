// Descriptors of one stream, one after the other: what is understood is written and read back
// equal, and rewriting neither loses a bit nor leaves its bounds. Input: (length, descriptor)*.
#include <array>

#include "fuzz/expect.h"
#include "fuzz/input.h"
#include "wire/dependency_descriptor.h"
#include "wire/dependency_rewrite.h"

namespace {

constexpr auto kNone = wire::ParseError::kNone;
constexpr size_t kLongestDescriptor = 4096;

void check_written(const wire::DependencyDescriptor& descriptor,
                   const wire::DependencyStructure& structure) {
  static std::array<uint8_t, kLongestDescriptor> out;
  const size_t size = wire::write_dependency_descriptor(descriptor, structure, out);
  fuzz::expect(size >= 3);
  static wire::DependencyStructure structure_again;
  structure_again = structure;
  wire::DependencyDescriptor again;
  fuzz::expect(wire::parse_dependency_descriptor(std::span(out).first(size), structure_again,
                                                 again) == kNone);
  fuzz::expect(again.head == descriptor.head && again.frame == descriptor.frame &&
               again.active_targets == descriptor.active_targets);
  fuzz::expect(structure_again == structure);
}

void check_rewritten(std::span<const uint8_t> value, const wire::DependencyDescriptor& descriptor,
                     const wire::DependencyStructure& structure) {
  std::array<uint8_t, wire::kMaxRewrittenDescriptor> out{};
  const uint32_t mask = structure.every_target();
  const size_t size =
      wire::rewrite_dependency_descriptor(value,
                                          {.active_targets = mask,
                                           .frame_number = descriptor.head.frame_number,
                                           .mask_position = descriptor.mask_position,
                                           .template_shift = 0,
                                           .decode_targets = structure.decode_targets},
                                          out);
  if (value.size() > wire::kMaxPassedDescriptor) {
    fuzz::expect(size == 0);
    return;
  }
  static wire::DependencyStructure structure_again;
  structure_again = structure;
  wire::DependencyDescriptor again;
  fuzz::expect(wire::parse_dependency_descriptor(std::span(out).first(size), structure_again,
                                                 again) == kNone);
  fuzz::expect(again.active_targets == mask && again.frame == descriptor.frame &&
               again.head == descriptor.head && structure_again == structure);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  static wire::DependencyStructure structure;
  static wire::DependencyStructure attached;
  structure = {};
  while (!input.empty()) {
    const std::span<const uint8_t> value = input.piece();
    attached = structure;
    wire::DependencyDescriptor descriptor;
    if (wire::parse_dependency_descriptor(value, attached, descriptor) != kNone) continue;
    structure = attached;
    check_written(descriptor, structure);
    check_rewritten(value, descriptor, structure);
  }
  return 0;
}
