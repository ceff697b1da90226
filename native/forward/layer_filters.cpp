#include "forward/layer_filters.h"

namespace forward {

void LayerFilters::begin_epoch(const MediaPacket& /*first*/) {}

LayerDecision LayerFilters::choose(const MediaPacket& packet) {
  return {.marker = packet.view.marker};
}

}  // namespace forward
