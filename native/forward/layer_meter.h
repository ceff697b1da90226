// What the layers of one publication cost on the wire, for whoever allocates bandwidth among them
// (algorithms §6.2). Rules: SPEC.md, [MET-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "wire/video_size.h"

namespace forward {

// Encodings or spatial layers, and temporal layers, that are told apart; higher ones are counted
// with the highest.
inline constexpr size_t kMeteredSpatial = 4;
inline constexpr size_t kMeteredTemporal = 4;
inline constexpr base::Duration kMeterWindow = base::Duration::seconds(1);
inline constexpr base::Duration kMeterStep = base::Duration::millis(100);
// Readings are told at most this often, unless a layer came or died.
inline constexpr base::Duration kMeterSpacing = base::Duration::millis(200);

class LayerMeter {
 public:
  // `bytes`: on the wire, headers and addresses included.
  void handle_packet(uint8_t spatial, uint8_t temporal, size_t bytes, base::Instant now);
  void handle_size(uint8_t spatial, wire::VideoSize size);
  // A layer came or died: told at once.
  void handle_change() { changed_ = true; }

  // True when the readings are to be told now; they count as told.
  bool take_due(base::Instant now);

  // False for a layer that never delivered.
  bool known(size_t spatial, size_t temporal) const { return layers_[spatial][temporal].known; }
  // Bits a second: rises of more than 15 % at once, all else over a second.
  uint32_t rate(size_t spatial, size_t temporal) const;
  wire::VideoSize size(size_t spatial) const { return sizes_[spatial]; }

 private:
  static constexpr size_t kBuckets = static_cast<size_t>(kMeterWindow.us / kMeterStep.us);

  struct Layer {
    std::array<uint32_t, kBuckets> bytes{};
    double smoothed_bps = 0;
    double told_bps = 0;
    bool known = false;
  };

  void advance(base::Instant now);
  void close_bucket();
  bool moved() const;

  std::array<std::array<Layer, kMeteredTemporal>, kMeteredSpatial> layers_{};
  std::array<wire::VideoSize, kMeteredSpatial> sizes_{};
  base::Instant bucket_ends_ = base::Instant::never();
  base::Instant quiet_until_{};
  size_t bucket_ = 0;
  bool changed_ = false;
  bool measured_ = false;  // a bucket was closed since it was told last
};

}  // namespace forward
