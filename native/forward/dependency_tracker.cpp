#include "forward/dependency_tracker.h"

#include <algorithm>

namespace forward {

namespace {

wire::VideoSize size_of(const wire::Resolution& resolution) {
  constexpr uint32_t kLargest = 0xffff;
  return {static_cast<uint16_t>(std::min(resolution.width, kLargest)),
          static_cast<uint16_t>(std::min(resolution.height, kLargest))};
}

void note_sizes(const wire::DependencyStructure& structure, MediaPacket& packet) {
  if (!structure.has_resolutions) return;
  packet.layer_size_count = structure.spatial_layers;
  for (size_t i = 0; i < structure.spatial_layers; ++i) {
    packet.layer_sizes[i] = size_of(structure.resolutions[i]);
  }
}

}  // namespace

void DependencyTracker::describe(MediaPacket& packet) {
  if (packet.descriptor.size == 0) return;
  if (packet.position.source != source_) {
    source_ = packet.position.source;
    numbers_.reset();
    for (Known& known : known_) known.number = 0;
  }
  if (!read({packet.view.bytes + packet.descriptor.offset, packet.descriptor.size})) return;
  packet.dependency = &frame_;
  if (frame_.structure == nullptr || packet.vp8 || packet.vp9) return;
  packet.spatial_id = frame_.descriptor.frame.spatial_id;
  packet.temporal_id = frame_.descriptor.frame.temporal_id;
  if (!frame_.descriptor.head.key_frame()) return;
  note_sizes(*frame_.structure, packet);
  if (packet.format.codec == wire::CodecKind::kAv1) packet.starts_decoding = true;
}

// False when there is nothing to be read.
bool DependencyTracker::read(std::span<const uint8_t> value) {
  wire::DependencyDescriptor& descriptor = frame_.descriptor;
  if (wire::parse_dependency_head(value, descriptor.head) != wire::ParseError::kNone) return false;
  frame_.number = numbers_.unwrap(descriptor.head.frame_number);
  frame_.structure = nullptr;
  Known* known = known_for(frame_.number);
  if (!descriptor.head.has_structure && known == nullptr) return true;
  wire::DependencyStructure& structure = descriptor.head.has_structure ? read_ : known->structure;
  if (wire::parse_dependency_descriptor(value, structure, descriptor) != wire::ParseError::kNone) {
    return true;
  }
  if (descriptor.head.has_structure) known = keep(structure, frame_.number);
  if (known == nullptr) return true;
  if (descriptor.active_targets) known->active_targets = *descriptor.active_targets;
  frame_.structure = &known->structure;
  frame_.structure_number = known->number;
  frame_.active_targets = known->active_targets;
  return true;
}

// nullptr for one older than both that are known: its frames are too late for everything.
DependencyTracker::Known* DependencyTracker::keep(const wire::DependencyStructure& structure,
                                                  int64_t frame_number) {
  for (Known& known : known_) {
    if (known.number != 0 && known.since == frame_number) return &known;
  }
  Known& newest = known_[newest_];
  Known& before = known_[newest_ ^ 1];
  const bool is_newest = newest.number == 0 || frame_number > newest.since;
  if (!is_newest && before.number != 0 && frame_number < before.since) return nullptr;
  before = {structure, frame_number, ++structures_, structure.every_target()};
  if (is_newest) newest_ ^= 1;
  return &before;
}

DependencyTracker::Known* DependencyTracker::known_for(int64_t frame_number) {
  for (const size_t index : {newest_, newest_ ^ 1}) {
    Known& known = known_[index];
    if (known.number != 0 && frame_number >= known.since) return &known;
  }
  return nullptr;
}

}  // namespace forward
