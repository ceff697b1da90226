#include "forward/key_picture_meter.h"

#include <algorithm>

namespace forward {

bool KeyPictureMeter::handle_packet(const MeteredPacket& packet) {
  Picture& picture = pictures_[std::min<size_t>(packet.encoding, kMeteredSpatial - 1)];
  const bool is_over = picture.is_growing && packet.timestamp > picture.timestamp;
  if (is_over) take_whole(picture);
  // Another timestamp: a key picture of which each packet looks like a start has but one.
  if (packet.begins_key && packet.timestamp != picture.timestamp) {
    picture = {.timestamp = packet.timestamp, .is_growing = true, .bytes = {}};
  }
  if (picture.is_growing && packet.timestamp == picture.timestamp) {
    picture.bytes[std::min<size_t>(packet.spatial, kMeteredSpatial - 1)] +=
        static_cast<uint32_t>(packet.bytes);
  }
  return is_over;
}

void KeyPictureMeter::take_whole(Picture& picture) {
  picture.is_growing = false;
  for (size_t i = 0; i < kMeteredSpatial; ++i) {
    if (picture.bytes[i] != 0) whole_[i] = picture.bytes[i];
  }
}

}  // namespace forward
