#include "forward/key_picture_meter.h"

#include <algorithm>

namespace forward {

bool KeyPictureMeter::handle_packet(const MeteredPacket& packet) {
  Picture& picture = pictures_[std::min<size_t>(packet.encoding, kMeteredSpatial - 1)];
  if (packet.begins_key && packet.timestamp != picture.timestamp) {
    picture = {.timestamp = packet.timestamp, .is_growing = true, .bytes = {}};
  }
  if (!picture.is_growing || packet.timestamp < picture.timestamp) return false;
  if (packet.timestamp == picture.timestamp) {
    picture.bytes[std::min<size_t>(packet.spatial, kMeteredSpatial - 1)] +=
        static_cast<uint32_t>(packet.bytes);
    return false;
  }
  picture.is_growing = false;
  for (size_t i = 0; i < kMeteredSpatial; ++i) {
    if (picture.bytes[i] != 0) whole_[i] = picture.bytes[i];
  }
  return true;
}

}  // namespace forward
