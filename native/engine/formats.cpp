#include "engine/formats.h"

#include <algorithm>

namespace engine {

namespace {

bool is_valid(const Codec& codec) {
  const bool rtx_valid =
      codec.rtx_payload_type <= 127 || codec.rtx_payload_type == transport::kNoPayloadType;
  return codec.payload_type <= 127 && rtx_valid && codec.clock_rate > 0;
}

transport::Codec to_transport(const Codec& codec) {
  return {.payload_type = codec.payload_type,
          .kind = static_cast<wire::CodecKind>(codec.codec),
          .clock_rate = codec.clock_rate,
          .channels = codec.channels,
          .rtx_payload_type = codec.rtx_payload_type,
          .format = codec.format,
          .nack = codec.nack,
          .pli = codec.pli,
          .fir = codec.fir,
          .transport_cc = codec.transport_cc};
}

}  // namespace

std::optional<std::vector<transport::Codec>> read_codecs(const List<Codec>& codecs) {
  if (codecs.empty() || codecs.size() > kMaxCodecs) return std::nullopt;
  std::vector<transport::Codec> result;
  for (const Codec& codec : codecs) {
    if (!is_valid(codec)) return std::nullopt;
    result.push_back(to_transport(codec));
  }
  return result;
}

std::vector<forward::OutboundCodec> outbound_codecs(const std::vector<transport::Codec>& codecs) {
  std::vector<forward::OutboundCodec> result;
  for (const transport::Codec& codec : codecs) {
    // Without NACK nobody asks for a repair, so none is kept in memory.
    const uint8_t rtx = codec.nack ? codec.rtx_payload_type : wire::kNoPayloadType;
    result.push_back({.format = {codec.kind, codec.format},
                      .payload_type = codec.payload_type,
                      .rtx_payload_type = rtx});
  }
  return result;
}

}  // namespace engine
