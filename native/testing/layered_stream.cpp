#include "testing/layered_stream.h"

#include "wire/vp8.h"

namespace testing_support {

namespace {

constexpr std::array<uint8_t, 4> kPattern{0, 2, 1, 2};
// Pictures 1 and 2 of each period refer to the base layer alone.
constexpr std::array<bool, 4> kSync{false, true, true, false};

}  // namespace

std::vector<uint8_t> LayeredPacket::payload() const {
  if (padding) return {};
  wire::Vp8Descriptor descriptor;
  descriptor.picture_id = picture_id;
  descriptor.long_picture_id = true;
  descriptor.tl0_pic_idx = tl0;
  descriptor.temporal_id = temporal_id;
  descriptor.layer_sync = sync;
  descriptor.key_idx = 5;
  descriptor.start_of_partition = first;
  std::vector<uint8_t> bytes(wire::kMaxVp8DescriptorSize);
  bytes.resize(wire::write_vp8_descriptor(descriptor, bytes));
  bytes.push_back(key ? 0 : 1);
  bytes.push_back(encoding);
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<uint8_t>(frame >> shift));
  bytes.push_back(static_cast<uint8_t>(sequence));
  return bytes;
}

std::vector<LayeredPacket> LayeredEncoding::frame(int64_t frame, bool key) {
  if (key) phase_ = 0;
  if (last_frame_ >= 0) timestamp_ += (frame - last_frame_) * kFrameTicks90k;
  last_frame_ = frame;
  const uint8_t temporal_id = temporal_layers_ ? kPattern[phase_ % 4] : uint8_t{0};
  if (temporal_id == 0) ++tl0_;
  std::vector<LayeredPacket> packets(packets_per_frame_);
  for (size_t i = 0; i < packets.size(); ++i) {
    packets[i] = {.encoding = encoding_,
                  .generation = generation_,
                  .sequence = sequence_++,
                  .timestamp = timestamp_,
                  .frame = frame,
                  .first = i == 0,
                  .marker = i + 1 == packets.size(),
                  .key = key,
                  .temporal_id = temporal_id,
                  .sync = kSync[phase_ % 4] && temporal_layers_,
                  .tl0 = tl0_,
                  .picture_id = picture_id_};
  }
  picture_id_ = static_cast<uint16_t>((picture_id_ + 1) & 0x7fff);
  ++phase_;
  return packets;
}

LayeredPacket LayeredEncoding::padding() {
  return {.encoding = encoding_,
          .generation = generation_,
          .sequence = sequence_++,
          .timestamp = timestamp_,
          .frame = last_frame_,
          .padding = true};
}

void LayeredEncoding::restart(int64_t first_sequence, int64_t first_timestamp) {
  ++generation_;
  sequence_ = first_sequence;
  timestamp_ = first_timestamp;
  last_frame_ = -1;
}

LayeredReceiver::LayeredReceiver(const forward::ForwarderState& seed)
    : forwarder({wire::MediaKind::kVideo, 77, {}, {{kLayeredFormat, 120, 121}}}, seed) {
  forwarder.set_usable(7, now);
  highest_.fill(INT64_MIN);
}

void LayeredReceiver::set_encoding(uint8_t encoding, uint8_t temporal) {
  forwarder.set_target({encoding, {255, temporal}}, now);
}

forward::Verdict LayeredReceiver::give(const LayeredPacket& packet) {
  if (generations_[packet.encoding] != packet.generation) {
    generations_[packet.encoding] = packet.generation;
    highest_[packet.encoding] = INT64_MIN;
  }
  int64_t& highest = highest_[packet.encoding];
  const ReceivedPacket received =
      make_received(pool_,
                    {.timestamp = static_cast<uint32_t>(packet.timestamp),
                     .ssrc = 10u + packet.encoding,
                     .sequence = static_cast<uint16_t>(packet.sequence),
                     .payload_type = 96,
                     .marker = packet.marker},
                    packet.payload());
  forward::SourcePosition position{.source = {10u + packet.encoding, packet.generation},
                                   .sequence = packet.sequence,
                                   .timestamp = packet.timestamp,
                                   .newest = packet.sequence > highest,
                                   .arrived_at = now};
  if (reports) position.captured_at = base::Instant{} + kFrameTime * packet.frame;
  highest = std::max(highest, packet.sequence);
  const wire::ExtensionMap none;
  wire::OutPacket out;
  const forward::Verdict verdict =
      forwarder.handle_packet(forward::describe(received.packet, received.view, position,
                                                kLayeredFormat, none, packet.encoding),
                              out);
  if (verdict != forward::Verdict::kSend) return verdict;
  std::vector<uint8_t> body = body_of(out);
  wire::Vp8Descriptor descriptor;
  wire::parse_vp8(body, descriptor);
  left.push_back({.sequence = out.header.sequence,
                  .timestamp = out.header.timestamp,
                  .marker = out.header.marker,
                  .encoding = packet.encoding,
                  .frame = packet.frame,
                  .key = packet.key,
                  .picture_id = descriptor.picture_id.value_or(0),
                  .tl0 = descriptor.tl0_pic_idx.value_or(0),
                  .temporal_id = descriptor.temporal_id.value_or(0),
                  .body = std::move(body)});
  return verdict;
}

size_t LayeredReceiver::gaps() const {
  size_t gaps = 0;
  for (size_t i = 1; i < left.size(); ++i) {
    const auto step = static_cast<int16_t>(left[i].sequence - left[i - 1].sequence);
    if (step > 1) gaps += static_cast<size_t>(step) - 1;
  }
  return gaps;
}

}  // namespace testing_support
