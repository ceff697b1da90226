#include "pacing/pacer.h"

#include <utility>

namespace pacing {

Pacer::Class Pacer::class_of(const wire::OutPacket& packet) {
  if (packet.kind == wire::MediaKind::kAudio) return kAudio;
  return packet.is_retransmission ? kRetransmission : kVideo;
}

bool Pacer::enqueue(wire::OutPacket&& packet) {
  return queues_[class_of(packet)].push(std::move(packet));
}

bool Pacer::release(base::Instant, wire::OutPacket& packet) {
  for (PacketQueue& queue : queues_) {
    if (queue.empty()) continue;
    queue.pop(packet);
    return true;
  }
  return false;
}

base::Instant Pacer::next_deadline() const {
  return size() > 0 ? base::Instant{} : base::Instant::never();
}

size_t Pacer::size() const {
  size_t packets = 0;
  for (const PacketQueue& queue : queues_) packets += queue.size();
  return packets;
}

void Pacer::clear() {
  for (PacketQueue& queue : queues_) queue.clear();
}

}  // namespace pacing
