#include "forward/dependency_tracker.h"

#include <algorithm>
#include <utility>

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
  if (memory_ == nullptr) memory_ = std::make_unique<Memory>();
  if (packet.position.source != source_) {
    source_ = packet.position.source;
    numbers_.reset();
    for (Known& known : memory_->known) known.number = 0;
  }
  turn_ = (turn_ + 1) % kMaxDescribedFrames;
  DependencyFrame& frame = memory_->frames[turn_];
  if (!read({packet.view.bytes + packet.descriptor.offset, packet.descriptor.size}, frame)) return;
  packet.dependency = &frame;
  if (frame.structure == nullptr || packet.vp8 || packet.vp9) return;
  packet.spatial_id = frame.descriptor.frame.spatial_id;
  packet.temporal_id = frame.descriptor.frame.temporal_id;
  if (!frame.descriptor.head.key_frame()) return;
  note_sizes(*frame.structure, packet);
  if (packet.format.codec == wire::CodecKind::kAv1) packet.starts_decoding = true;
}

// False when there is nothing to be read.
bool DependencyTracker::read(std::span<const uint8_t> value, DependencyFrame& frame) {
  wire::DependencyDescriptor& descriptor = frame.descriptor;
  if (wire::parse_dependency_head(value, descriptor.head) != wire::ParseError::kNone) return false;
  frame.number = numbers_.unwrap(descriptor.head.frame_number);
  frame.structure = nullptr;
  Known* known = known_for(frame.number);
  if (!descriptor.head.has_structure && known == nullptr) return true;
  wire::DependencyStructure& structure =
      descriptor.head.has_structure ? memory_->read : known->structure;
  if (wire::parse_dependency_descriptor(value, structure, descriptor) != wire::ParseError::kNone) {
    return true;
  }
  if (descriptor.head.has_structure) known = keep(structure, frame.number);
  if (known == nullptr) return true;
  if (descriptor.active_targets) known->active_targets = *descriptor.active_targets;
  frame.structure = &known->structure;
  frame.structure_number = known->number;
  frame.active_targets = known->active_targets;
  return true;
}

// nullptr for one older than both that are known: its frames are too late for everything.
DependencyTracker::Known* DependencyTracker::keep(const wire::DependencyStructure& structure,
                                                  int64_t frame_number) {
  for (Known& known : memory_->known) {
    if (known.number != 0 && known.since == frame_number) return &known;
  }
  const Known& newest = memory_->known[newest_];
  const Known& before = memory_->known[before_];
  const bool is_newest = newest.number == 0 || frame_number > newest.since;
  if (!is_newest && before.number != 0 && frame_number < before.since) return nullptr;
  const size_t spare = 3 - newest_ - before_;
  memory_->known[spare] = {structure, frame_number, ++structures_, structure.every_target()};
  if (is_newest) before_ = std::exchange(newest_, spare);
  if (!is_newest) before_ = spare;
  return &memory_->known[spare];
}

DependencyTracker::Known* DependencyTracker::known_for(int64_t frame_number) {
  for (const size_t index : {newest_, before_}) {
    Known& known = memory_->known[index];
    if (known.number != 0 && frame_number >= known.since) return &known;
  }
  return nullptr;
}

}  // namespace forward
