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
  ended.target = {};
  ended.selector = {};
  ended.layers = {};
  ended.rtp.has_source = false;
  return ended;
}

Forwarder::Forwarder(ForwarderConfig config, const ForwarderState& seed)
    : config_(std::move(config)),
      target_(seed.target),
      selector_(seed.selector),
      rtp_(seed.rtp),
      vp8_(seed.vp8),
      layers_(seed.layers),
      vp9_(seed.vp9),
      dependency_(seed.dependency) {}

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
  if (codec == nullptr) return concerns(packet) ? Verdict::kCodecUnsupported : Verdict::kTooLate;
  switch (choose(packet)) {
    case Choice::kIgnore:
      return without_epoch();
    case Choice::kSkip:
      return skip(packet);
    case Choice::kBegin:
      if (!begin_epoch(packet)) return without_epoch();
      break;
    case Choice::kForward:
      break;
  }
  const LayerDecision layer = layers_.choose(packet);
  if (layer.choice == LayerChoice::kSkip) return skip(packet);
  if (layer.choice == LayerChoice::kIgnore) return Verdict::kTooLate;
  const std::optional<int64_t> sequence = rtp_.map_sequence(packet.position.sequence);
  if (!sequence) return Verdict::kTooLate;
  fill(packet, *codec, *sequence, out);
  out.header.marker = layer.marker;
  pass_descriptor(packet, layer, out);
  rtp_.handle_sent(*sequence, packet.position, layer.marker);
  return Verdict::kSend;
}

// A clock that jumps is another stream under the same name (E18).
Choice Forwarder::choose(const MediaPacket& packet) {
  const Choice choice = selector_.choose(packet);
  if (choice != Choice::kForward || !rtp_.jumps(packet.position)) return choice;
  selector_.end_epoch();
  return selector_.choose(packet);
}

Verdict Forwarder::skip(const MediaPacket& packet) {
  rtp_.skip(packet.position.sequence);
  if (packet.vp8) vp8_.skip(*packet.vp8);
  return Verdict::kSkipped;
}

// What it would forward, or begin with, if it could decode it.
bool Forwarder::concerns(const MediaPacket& packet) const {
  return selector_.running() ? packet.encoding == selector_.encoding()
                             : packet.encoding == selector_.goal().value_or(0);
}

Verdict Forwarder::without_epoch() const {
  return waits_for_key_frame() ? Verdict::kWaitingForKeyFrame : Verdict::kTooLate;
}

bool Forwarder::waits_for_key_frame() const {
  return config_.kind == wire::MediaKind::kVideo && selector_.active() && !selector_.running();
}

void Forwarder::set_target(const LayerTarget& target, base::Instant now) {
  target_ = target;
  selector_.set_target(target.encoding, now);
  limit_layers();
}

void Forwarder::set_usable(uint8_t encodings, base::Instant now) {
  selector_.set_usable(encodings, now);
  limit_layers();
}

// On the way down to another encoding the base layer alone stays (R3.5).
void Forwarder::limit_layers() {
  Layer inside = target_.inside;
  if (selector_.descends()) inside.temporal = 0;
  layers_.set_target(inside);
}

std::optional<FlowingLayer> Forwarder::flowing() const {
  if (!selector_.running()) return std::nullopt;
  return FlowingLayer{selector_.encoding(), layers_.current()};
}

bool Forwarder::may_begin_with(const SourcePosition& first) const {
  const RtpRewriterState& sent = rtp_.state();
  return !sent.sent_anything || first.arrived_at > sent.last_arrived_at;
}

std::optional<uint8_t> Forwarder::key_frame_wanted(base::Instant now) {
  if (config_.kind != wire::MediaKind::kVideo) return std::nullopt;
  const std::optional<uint8_t> wanted = selector_.key_frame_wanted(now);
  if (wanted || !selector_.running() || !layers_.wants_key_frame()) return wanted;
  return selector_.encoding();
}

// False when the packet shows a moment that cannot follow what was sent, or one that is not known
// yet: another key frame is waited for, once (R3.14, R3.15).
bool Forwarder::begin_epoch(const MediaPacket& packet) {
  const bool video = config_.kind == wire::MediaKind::kVideo;
  const SourcePosition& position = packet.position;
  if (video && selector_.running()) {
    const base::Instant since = selector_.pending_since();
    const bool early = !since.is_never() && position.arrived_at - since < kReportPatience;
    if (early && !rtp_.tied_to(position)) return false;
    if (rtp_.lag_of(position) > kMaxSwitchLag && selector_.may_refuse()) {
      selector_.refuse();
      return false;
    }
  }
  selector_.begin(packet);
  rtp_.begin_epoch(position, video);
  limit_layers();
  layers_.begin_epoch(packet);
  if (packet.vp8) vp8_.begin_epoch(*packet.vp8);
  if (packet.vp9) vp9_.begin_epoch(*packet.vp9);
  if (packet.dependency != nullptr) dependency_.begin_epoch(*packet.dependency);
  return true;
}

const OutboundCodec* Forwarder::codec_for(PayloadFormat format) const {
  for (const OutboundCodec& codec : config_.codecs) {
    if (codec.format == format) return &codec;
  }
  return nullptr;
}

void Forwarder::fill(const MediaPacket& packet, const OutboundCodec& codec, int64_t sequence,
                     wire::OutPacket& out) {
  out.source = packet.packet;
  out.header = {.timestamp = static_cast<uint32_t>(rtp_.map_timestamp(packet.position.timestamp)),
                .ssrc = config_.ssrc,
                .sequence = static_cast<uint16_t>(sequence),
                .payload_type = codec.payload_type};
  out.payload_offset = packet.view.payload_offset;
  out.payload_size = packet.view.payload_size;
  out.kind = config_.kind;
  out.is_retransmission = false;
  out.is_padding = false;
  out.starts_decoding = packet.starts_decoding;
  out.source_ssrc = packet.view.ssrc;
  out.rtx_payload_type = codec.rtx_payload_type;
  out.prefix_size = 0;
  out.passed_count = 0;
  out.resends = 0;
  out.dependency.id = 0;
  out.ids = own_ids_;
  out.mid = config_.mid;
  rewrite_payload(packet, out);
  pass_extensions(packet, out);
}

void Forwarder::rewrite_payload(const MediaPacket& packet, wire::OutPacket& out) {
  size_t written = 0;
  uint8_t replaced = 0;
  if (packet.vp8) {
    written = vp8_.rewrite(*packet.vp8, out.prefix_bytes);
    replaced = packet.vp8->size;
  } else if (packet.vp9) {
    written = vp9_.rewrite(*packet.vp9, out.prefix_bytes);
    replaced = packet.vp9->head_size;
  }
  if (written == 0) return;
  out.prefix_size = static_cast<uint8_t>(written);
  out.payload_offset = static_cast<uint16_t>(out.payload_offset + replaced);
  out.payload_size = static_cast<uint16_t>(out.payload_size - replaced);
}

void Forwarder::pass_extensions(const MediaPacket& packet, wire::OutPacket& out) const {
  for (const FoundExtension& found : packet.found()) {
    const uint8_t id = passed_ids_[static_cast<size_t>(found.kind)];
    if (id == 0) continue;
    out.passed[out.passed_count++] = {id, found.size, found.offset};
  }
}

// What was withheld of an epoch's start cannot be understood later: so it is all or nothing.
void Forwarder::pass_descriptor(const MediaPacket& packet, const LayerDecision& layer,
                                wire::OutPacket& out) {
  if (packet.dependency == nullptr || !layers_.passes_descriptor()) return;
  const wire::DependencyRewrite rewrite =
      dependency_.rewrite(*packet.dependency, layer.active_targets);
  const auto kind = static_cast<size_t>(wire::ExtensionKind::kDependencyDescriptor);
  out.dependency = {passed_ids_[kind], packet.descriptor.size, packet.descriptor.offset, rewrite};
}

}  // namespace forward
