#include "engine/taps.h"

#include <algorithm>
#include <limits>
#include <span>

#include "engine/contract_bytes.h"

namespace engine {

namespace {

CodecKind codec_of(const Outbound& outbound, uint8_t payload_type) {
  for (const forward::OutboundCodec& codec : outbound.config.codecs) {
    if (codec.payload_type == payload_type) return static_cast<CodecKind>(codec.format.codec);
  }
  return CodecKind::kUnknown;
}

// In one piece: `storage` holds it where its start was rewritten.
std::span<const uint8_t> payload_of(const wire::OutPacket& out, std::vector<uint8_t>& storage) {
  if (out.prefix_size == 0) return out.payload();
  const std::span<const uint8_t> rest = out.payload();
  storage.assign(out.prefix().begin(), out.prefix().end());
  storage.insert(storage.end(), rest.begin(), rest.end());
  return storage;
}

}  // namespace

void tap_packet(Step& step, const Subscription& subscription, const forward::MediaPacket& packet,
                const wire::OutPacket& out) {
  ShardState& shard = step.shard;
  const forward::Forwarder& forwarder = subscription.forwarder;
  const auto& captured_at = packet.position.captured_at;
  constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();
  append_frame(shard.tapped,
               TappedPacketEvent{
                   .subscription = subscription.handle,
                   .sequence = static_cast<double>(forwarder.unwrapped(out.header.sequence)),
                   .timestamp = static_cast<double>(forwarder.mapped(packet.position.timestamp)),
                   .arrived_us = static_cast<double>(packet.position.arrived_at.us),
                   .captured_us = captured_at ? static_cast<double>(captured_at->us) : kNotKnown,
                   .marker = out.header.marker,
                   .codec = codec_of(*subscription.outbound, out.header.payload_type),
                   .payload = payload_of(out, shard.tapped_payload)});
  if (shard.tapped_due.is_never()) shard.tapped_due = step.now + kTapInterval;
  if (shard.tapped.size() >= kMaxHeldBytes) hand_over_tapped(step);
}

void refresh_patience(Publication& publication) {
  if (publication.transport == nullptr) return;  // another shard's
  const bool tapped = std::ranges::any_of(
      publication.subscriptions, [](const Subscription* it) { return it->tap != nullptr; });
  publication.transport->core.receiver().set_patient(publication.handle.index, tapped);
}

void hand_over_tapped(Step& step) {
  ShardState& shard = step.shard;
  shard.tapped_due = base::Instant::never();
  std::vector<uint8_t>& packets = step.out.events.packets;
  if (packets.empty()) {
    packets.swap(shard.tapped);
  } else {
    packets.insert(packets.end(), shard.tapped.begin(), shard.tapped.end());
  }
  shard.tapped.clear();
}

}  // namespace engine
