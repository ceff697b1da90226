#include "engine/late_start.h"

#include "engine/delivery.h"

namespace engine {

namespace {

// What is held must leave within this at the subscriber's rate, beside what goes on arriving.
constexpr base::Duration kCatchUp = base::Duration::millis(500);

bool fits(const Transport* transport, size_t bytes) {
  // A tap is not paced; nor is anything while nobody has measured yet.
  if (transport == nullptr || transport->target_bps == 0) return true;
  const uint64_t allowed =
      uint64_t{transport->target_bps} / 8 * static_cast<uint64_t>(kCatchUp.us) / 1'000'000;
  return bytes <= allowed;
}

}  // namespace

void cache_packet(Publication& publication, const forward::MediaPacket& packet) {
  if (packet.encoding >= publication.caches.size()) return;
  publication.caches[packet.encoding].handle_packet(packet);
}

bool begin_from_cache(Step& step, Subscription& subscription) {
  Publication& publication = *subscription.publication;
  forward::Forwarder& forwarder = subscription.forwarder;
  const auto encoding = forwarder.key_frame_wanted(step.now);
  if (!forwarder.waits_for_key_frame() || !encoding || *encoding >= publication.caches.size()) {
    return false;
  }
  const forward::KeyFrameCache& cache = publication.caches[*encoding];
  const auto held = cache.packets(step.now);
  if (held.empty() || !fits(subscription.outbound->transport, cache.bytes()) ||
      !forwarder.may_begin_with(held.front().position)) {
    return false;
  }
  for (const forward::CachedPacket& it : held) {
    forward::MediaPacket packet = forward::describe(it.packet, it.view, it.position, it.format,
                                                    publication.receive(), *encoding);
    publication.dependencies[*encoding].describe(packet);
    deliver(step, subscription, packet);
  }
  return forwarder.flowing().has_value();
}

}  // namespace engine
