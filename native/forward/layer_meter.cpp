#include "forward/layer_meter.h"

#include <algorithm>
#include <cmath>

namespace forward {

namespace {

constexpr double kQuickRise = 1.15;
constexpr double kToldStep = 0.05;

}  // namespace

void LayerMeter::handle_packet(uint8_t spatial, uint8_t temporal, size_t bytes, base::Instant now) {
  advance(now);
  Layer& layer = layers_[std::min<size_t>(spatial, kMeteredSpatial - 1)]
                        [std::min<size_t>(temporal, kMeteredTemporal - 1)];
  layer.bytes[bucket_] += static_cast<uint32_t>(bytes);
  layer.known = true;
}

void LayerMeter::handle_size(uint8_t spatial, wire::VideoSize size) {
  wire::VideoSize& known = sizes_[std::min<size_t>(spatial, kMeteredSpatial - 1)];
  if (known == size) return;
  known = size;
  changed_ = true;
}

void LayerMeter::advance(base::Instant now) {
  if (bucket_ends_.is_never()) bucket_ends_ = now + kMeterStep;
  // After a long silence all is zero whatever the number of steps.
  for (size_t steps = 0; now >= bucket_ends_; ++steps) {
    if (steps > 4 * kBuckets) {
      bucket_ends_ = now + kMeterStep;
      return;
    }
    close_bucket();
    bucket_ends_ = bucket_ends_ + kMeterStep;
  }
}

void LayerMeter::close_bucket() {
  constexpr double kPerStep =
      static_cast<double>(kMeterStep.us) / static_cast<double>(kMeterWindow.us);
  bucket_ = (bucket_ + 1) % kBuckets;
  measured_ = true;
  for (auto& temporal_layers : layers_) {
    for (Layer& layer : temporal_layers) {
      if (!layer.known) continue;
      uint64_t bytes = 0;
      for (const uint32_t count : layer.bytes) bytes += count;
      const double measured = static_cast<double>(bytes) * 8;
      const bool leaps = measured > layer.smoothed_bps * kQuickRise;
      layer.smoothed_bps =
          leaps ? measured : layer.smoothed_bps + (measured - layer.smoothed_bps) * kPerStep;
      layer.bytes[bucket_] = 0;
    }
  }
}

bool LayerMeter::moved() const {
  for (const auto& temporal_layers : layers_) {
    for (const Layer& layer : temporal_layers) {
      const double step = std::abs(layer.smoothed_bps - layer.told_bps);
      if (step > layer.told_bps * kToldStep && step >= 1) return true;
    }
  }
  return false;
}

bool LayerMeter::take_due(base::Instant now) {
  if (!changed_ && !measured_) return false;
  if (!changed_ && (now < quiet_until_ || !moved())) return false;
  changed_ = false;
  measured_ = false;
  quiet_until_ = now + kMeterSpacing;
  for (auto& temporal_layers : layers_) {
    for (Layer& layer : temporal_layers) layer.told_bps = layer.smoothed_bps;
  }
  return true;
}

uint32_t LayerMeter::rate(size_t spatial, size_t temporal) const {
  constexpr double kMost = 4e9;
  return static_cast<uint32_t>(std::min(layers_[spatial][temporal].smoothed_bps, kMost));
}

}  // namespace forward
