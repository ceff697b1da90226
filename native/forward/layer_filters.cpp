#include "forward/layer_filters.h"

#include "wire/dependency_rewrite.h"

namespace forward {

namespace {

using Mechanism = LayerFiltersState::Mechanism;

Mechanism mechanism_of(const MediaPacket& first) {
  if (first.vp8) return Mechanism::kVp8;
  if (first.vp9) return Mechanism::kVp9;
  const bool described = first.dependency != nullptr && first.dependency->structure != nullptr &&
                         first.dependency->descriptor.head.has_structure &&
                         first.descriptor.size <= wire::kMaxPassedDescriptor;
  return described ? Mechanism::kDependency : Mechanism::kNone;
}

}  // namespace

void LayerFilters::begin_epoch(const MediaPacket& first) {
  mechanism_ = mechanism_of(first);
  if (mechanism_ == Mechanism::kVp8) vp8_.begin_epoch(first);
  if (mechanism_ == Mechanism::kVp9) vp9_.begin_epoch(first);
  if (mechanism_ == Mechanism::kDependency) dependency_.begin_epoch(first);
}

void LayerFilters::set_target(Layer target) {
  vp8_.set_target(target);
  vp9_.set_target(target);
  dependency_.set_target(target);
}

LayerDecision LayerFilters::choose(const MediaPacket& packet) {
  switch (mechanism_) {
    case Mechanism::kVp8:
      return vp8_.choose(packet);
    case Mechanism::kVp9:
      return vp9_.choose(packet);
    case Mechanism::kDependency:
      return dependency_.choose(packet);
    case Mechanism::kNone:
      break;
  }
  return {.marker = packet.view.marker};
}

Layer LayerFilters::current() const {
  switch (mechanism_) {
    case Mechanism::kVp8:
      return vp8_.current();
    case Mechanism::kVp9:
      return vp9_.current();
    case Mechanism::kDependency:
      return dependency_.current();
    case Mechanism::kNone:
      break;
  }
  return {};
}

bool LayerFilters::wants_key_frame() const {
  if (mechanism_ == Mechanism::kVp9) return vp9_.wants_key_frame();
  return mechanism_ == Mechanism::kDependency && dependency_.wants_key_frame();
}

}  // namespace forward
