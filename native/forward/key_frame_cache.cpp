#include "forward/key_frame_cache.h"

namespace forward {

void KeyFrameCache::clear() {
  packets_.clear();
  held_ = 0;
  bytes_ = 0;
}

void KeyFrameCache::handle_packet(const MediaPacket& packet) {
  const SourcePosition& position = packet.position;
  const bool begins = packet.starts_decoding && position.newest;
  if (begins) {
    // Of a key frame whose packets all look like starts (parameter sets) the first is the start.
    const bool same_frame = !packets_.empty() && packets_[0].position.source == position.source &&
                            packets_[0].position.timestamp == position.timestamp;
    if (!same_frame) clear();
  }
  if (packets_.empty()) {
    if (begins) store(packet, 0);
    return;
  }
  const CachedPacket& first = packets_[0];
  const int64_t place = position.sequence - first.position.sequence;
  const bool fits = first.position.source == position.source && first.format == packet.format &&
                    place < static_cast<int64_t>(kMaxCachedPackets) &&
                    position.arrived_at - first.position.arrived_at < kMaxCacheAge;
  if (!fits) return clear();
  if (place > 0) store(packet, static_cast<size_t>(place));
}

void KeyFrameCache::store(const MediaPacket& packet, size_t place) {
  if (place >= packets_.size()) packets_.resize(place + 1);
  CachedPacket& slot = packets_[place];
  if (slot.packet) return;
  slot = {packet.packet, packet.view, packet.position, packet.format};
  // Sent in order: whoever gets it knows of none after it.
  slot.position.newest = true;
  ++held_;
  bytes_ += packet.packet.bytes().size();
}

std::span<const CachedPacket> KeyFrameCache::packets(base::Instant now) const {
  if (packets_.empty() || held_ != packets_.size()) return {};
  if (now - packets_[0].position.arrived_at >= kMaxCacheAge) return {};
  return packets_;
}

}  // namespace forward
