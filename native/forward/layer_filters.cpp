#include "forward/layer_filters.h"

namespace forward {

void LayerFilters::begin_epoch(const MediaPacket& first) { vp8_.begin_epoch(first); }

void LayerFilters::set_target(Layer target) { vp8_.set_target(target); }

LayerDecision LayerFilters::choose(const MediaPacket& packet) { return vp8_.choose(packet); }

}  // namespace forward
