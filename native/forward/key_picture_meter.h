// How large the key pictures of a publication are: what begins a layer of SVC, and has to be
// through before anything else moves (algorithms §6.2). Rules: SPEC.md, [MET-3].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "forward/layer_meter.h"

namespace forward {

struct MeteredPacket {
  uint8_t encoding = 0;
  uint8_t spatial = 0;  // the encoding of a simulcast publication, else the layer inside its stream
  int64_t timestamp = 0;    // unwrapped
  bool begins_key = false;  // the first packet of a key picture
  size_t bytes = 0;         // on the wire
};

class KeyPictureMeter {
 public:
  // True when a key picture has become whole: another one follows it.
  bool handle_packet(const MeteredPacket& packet);

  // Bytes that the newest whole one took of this layer alone; 0 = none was seen.
  uint32_t bytes(size_t spatial) const { return whole_[spatial]; }

 private:
  struct Picture {
    int64_t timestamp = std::numeric_limits<int64_t>::min();
    bool is_growing = false;
    std::array<uint32_t, kMeteredSpatial> bytes{};
  };

  void take_whole(Picture& picture);

  std::array<Picture, kMeteredSpatial> pictures_{};  // by encoding
  std::array<uint32_t, kMeteredSpatial> whole_{};
};

}  // namespace forward
