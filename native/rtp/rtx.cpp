#include "rtp/rtx.h"

#include <algorithm>
#include <cstring>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace rtp {

namespace {

constexpr size_t kOsnSize = 2;
constexpr uint8_t kPaddingBit = 0x20;

}  // namespace

std::optional<uint16_t> original_sequence(const wire::RtpView& rtx) {
  if (rtx.payload_size < kOsnSize) return std::nullopt;
  return base::load_u16(rtx.payload().data());
}

bool recover_original(const base::PacketRef& packet, wire::RtpView& view, uint32_t media_ssrc,
                      uint8_t media_payload_type) {
  const std::optional<uint16_t> sequence = original_sequence(view);
  if (!sequence) return false;
  uint8_t* bytes = packet.bytes().data();
  bytes[0] &= static_cast<uint8_t>(~kPaddingBit);
  bytes[1] = static_cast<uint8_t>((bytes[1] & 0x80) | media_payload_type);
  base::store_u16(bytes + 2, *sequence);
  base::store_u32(bytes + 8, media_ssrc);

  view.payload_size = static_cast<uint16_t>(view.payload_size - kOsnSize);
  std::memmove(bytes + view.payload_offset, bytes + view.payload_offset + kOsnSize,
               view.payload_size);
  packet.resize(size_t{view.payload_offset} + view.payload_size);
  view.sequence = *sequence;
  view.ssrc = media_ssrc;
  view.payload_type = media_payload_type;
  view.padding_size = 0;
  return true;
}

wire::OutPacket make_retransmission(const wire::OutPacket& original, RtxIdentity rtx,
                                    uint16_t sequence) {
  wire::OutPacket packet = original;
  packet.is_retransmission = true;
  packet.header.ssrc = rtx.ssrc;
  packet.header.payload_type = rtx.payload_type;
  packet.header.sequence = sequence;
  packet.rtx_payload_type = wire::kNoPayloadType;
  base::store_u16(packet.prefix_bytes.data(), original.header.sequence);
  std::copy_n(original.prefix_bytes.begin(), original.prefix_size,
              packet.prefix_bytes.begin() + kOsnSize);
  packet.prefix_size = static_cast<uint8_t>(original.prefix_size + kOsnSize);
  return packet;
}

uint16_t original_sequence(const wire::OutPacket& retransmission) {
  return base::load_u16(retransmission.prefix_bytes.data());
}

wire::OutPacket make_padding(const PaddingLook& look, uint32_t rtx_ssrc, uint16_t sequence) {
  wire::OutPacket packet;
  packet.header = {.timestamp = look.timestamp,
                   .ssrc = rtx_ssrc,
                   .sequence = sequence,
                   .payload_type = look.rtx_payload_type,
                   .marker = false,
                   .padding = true};
  packet.payload_size = wire::kPaddingSize;
  packet.is_retransmission = true;
  packet.is_padding = true;
  packet.ids = look.ids;
  packet.mid = look.mid;
  return packet;
}

}  // namespace rtp
