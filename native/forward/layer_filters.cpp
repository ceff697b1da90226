#include "forward/layer_filters.h"

#include "wire/dependency_rewrite.h"

namespace forward {

namespace {

// What a variant holds, in the form of another one.
template <typename To>
struct Converted {
  To operator()(std::monostate /*none*/) const { return {}; }
  To operator()(const Vp8TemporalFilterState& state) const {
    return std::make_unique<Vp8TemporalFilter>(state);
  }
  To operator()(const Vp9LayerFilterState& state) const {
    return std::make_unique<Vp9LayerFilter>(state);
  }
  To operator()(const DependencyLayerFilterState& state) const {
    return std::make_unique<DependencyLayerFilter>(state);
  }
  template <LayerFilter Filter>
  To operator()(const std::unique_ptr<Filter>& filter) const {
    return filter->state();
  }
};

// nullptr when another one runs.
template <LayerFilter Filter, typename Running>
Filter* running_as(const Running& running) {
  const auto* place = std::get_if<std::unique_ptr<Filter>>(&running);
  return place != nullptr ? place->get() : nullptr;
}

bool is_described(const MediaPacket& first) {
  return first.dependency != nullptr && first.dependency->structure != nullptr &&
         first.dependency->descriptor.head.has_structure &&
         first.descriptor.size <= wire::kMaxPassedDescriptor;
}

}  // namespace

LayerFilters::LayerFilters(const LayerFiltersState& seed)
    : target_(seed.target), running_(std::visit(Converted<decltype(running_)>(), seed.running)) {}

LayerFiltersState LayerFilters::state() const {
  return {target_, std::visit(Converted<decltype(LayerFiltersState::running)>(), running_)};
}

template <typename Filter>
void LayerFilters::begin(const MediaPacket& first) {
  if (running_as<Filter>(running_) == nullptr) {
    running_ = std::make_unique<Filter>();
    running_as<Filter>(running_)->set_target(target_);
  }
  running_as<Filter>(running_)->begin_epoch(first);
}

void LayerFilters::begin_epoch(const MediaPacket& first) {
  if (first.vp8) {
    begin<Vp8TemporalFilter>(first);
  } else if (first.vp9) {
    begin<Vp9LayerFilter>(first);
  } else if (is_described(first)) {
    begin<DependencyLayerFilter>(first);
  } else {
    running_.emplace<std::monostate>();
  }
}

void LayerFilters::set_target(Layer target) {
  target_ = target;
  if (auto* vp8 = running_as<Vp8TemporalFilter>(running_)) vp8->set_target(target);
  if (auto* vp9 = running_as<Vp9LayerFilter>(running_)) vp9->set_target(target);
  if (auto* other = running_as<DependencyLayerFilter>(running_)) other->set_target(target);
}

LayerDecision LayerFilters::choose(const MediaPacket& packet) {
  if (auto* vp8 = running_as<Vp8TemporalFilter>(running_)) return vp8->choose(packet);
  if (auto* vp9 = running_as<Vp9LayerFilter>(running_)) return vp9->choose(packet);
  if (auto* other = running_as<DependencyLayerFilter>(running_)) return other->choose(packet);
  return {.marker = packet.view.marker};
}

Layer LayerFilters::current() const {
  if (const auto* vp8 = running_as<Vp8TemporalFilter>(running_)) return vp8->current();
  if (const auto* vp9 = running_as<Vp9LayerFilter>(running_)) return vp9->current();
  if (const auto* other = running_as<DependencyLayerFilter>(running_)) return other->current();
  return {};
}

bool LayerFilters::wants_key_frame() const {
  if (const auto* vp9 = running_as<Vp9LayerFilter>(running_)) return vp9->wants_key_frame();
  const auto* other = running_as<DependencyLayerFilter>(running_);
  return other != nullptr && other->wants_key_frame();
}

}  // namespace forward
