#include "forward/forwarder.h"

#include <utility>

namespace forward {

ForwarderState initial_state(uint16_t first_sequence) {
  ForwarderState state;
  state.rtp.last_sequence = int64_t{first_sequence} - 1;
  return state;
}

ForwarderState without_source(const ForwarderState& state) {
  ForwarderState ended = state;
  ended.selector = {};
  ended.rtp.has_source = false;
  return ended;
}

Forwarder::Forwarder(ForwarderConfig config, const ForwarderState& seed)
    : config_(std::move(config)), selector_(seed.selector), rtp_(seed.rtp), vp8_(seed.vp8) {}

void Forwarder::set_extensions(const wire::ExtensionMap& receiver) {
  own_ids_ = {receiver.id_of(wire::ExtensionKind::kMid),
              receiver.id_of(wire::ExtensionKind::kTransportCc),
              receiver.id_of(wire::ExtensionKind::kAbsSendTime)};
  for (size_t kind = 0; kind < wire::kExtensionKinds; ++kind) {
    passed_ids_[kind] = receiver.id_of(static_cast<wire::ExtensionKind>(kind));
  }
}

Verdict Forwarder::handle_packet(const MediaPacket& packet, wire::OutPacket& out) {
  if (!selector_.active()) return Verdict::kInactive;
  const OutboundCodec* codec = codec_for(packet.format);
  if (codec == nullptr) return Verdict::kCodecUnsupported;
  switch (selector_.choose(packet)) {
    case Choice::kIgnore:
      return without_epoch();
    case Choice::kSkip:
      rtp_.skip(packet.position.sequence);
      return Verdict::kSkipped;
    case Choice::kBegin:
      begin_epoch(packet);
      break;
    case Choice::kForward:
      break;
  }
  const std::optional<int64_t> sequence = rtp_.map_sequence(packet.position.sequence);
  if (!sequence) return Verdict::kTooLate;
  fill(packet, *codec, *sequence, out);
  rtp_.handle_sent(*sequence, packet.position, packet.view.marker);
  return Verdict::kSend;
}

Verdict Forwarder::without_epoch() const {
  return waits_for_key_frame() ? Verdict::kWaitingForKeyFrame : Verdict::kTooLate;
}

bool Forwarder::waits_for_key_frame() const {
  return config_.kind == wire::MediaKind::kVideo && selector_.active() && !selector_.running();
}

void Forwarder::begin_epoch(const MediaPacket& packet) {
  rtp_.begin_epoch(packet.position, config_.kind == wire::MediaKind::kVideo);
  if (packet.vp8) vp8_.begin_epoch(*packet.vp8);
}

const OutboundCodec* Forwarder::codec_for(PayloadFormat format) const {
  for (const OutboundCodec& codec : config_.codecs) {
    if (codec.format == format) return &codec;
  }
  return nullptr;
}

void Forwarder::fill(const MediaPacket& packet, const OutboundCodec& codec, int64_t sequence,
                     wire::OutPacket& out) {
  out = wire::OutPacket{};
  out.source = packet.packet;
  out.kind = config_.kind;
  out.header.ssrc = config_.ssrc;
  out.header.sequence = static_cast<uint16_t>(sequence);
  out.header.timestamp = static_cast<uint32_t>(rtp_.map_timestamp(packet.position.timestamp));
  out.header.payload_type = codec.payload_type;
  out.header.marker = packet.view.marker;
  out.rtx_payload_type = codec.rtx_payload_type;
  out.payload_offset = packet.view.payload_offset;
  out.payload_size = packet.view.payload_size;
  out.ids = own_ids_;
  out.mid = config_.mid;
  rewrite_payload(packet, out);
  pass_extensions(packet, out);
}

void Forwarder::rewrite_payload(const MediaPacket& packet, wire::OutPacket& out) {
  if (!packet.vp8) return;
  const size_t size = vp8_.rewrite(*packet.vp8, out.prefix_bytes);
  if (size == 0) return;
  out.prefix_size = static_cast<uint8_t>(size);
  out.payload_offset = static_cast<uint16_t>(out.payload_offset + packet.vp8->size);
  out.payload_size = static_cast<uint16_t>(out.payload_size - packet.vp8->size);
}

void Forwarder::pass_extensions(const MediaPacket& packet, wire::OutPacket& out) const {
  for (const FoundExtension& found : packet.found()) {
    const uint8_t id = passed_ids_[static_cast<size_t>(found.kind)];
    if (id == 0) continue;
    out.passed[out.passed_count++] = {id, found.size, found.offset};
  }
}

}  // namespace forward
