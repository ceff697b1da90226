// RTP retransmission payload format (RFC 4588 §4): both directions.
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         RTP Header                            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |            OSN                |                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               |
// |                  Original RTP Packet Payload                  |
#pragma once

#include <cstdint>
#include <optional>

#include "base/packet.h"
#include "wire/out_packet.h"
#include "wire/rtp.h"

namespace rtp {

// The original sequence number. nullopt for a payload without one: a packet of padding, which
// senders use to probe for bandwidth.
std::optional<uint16_t> original_sequence(const wire::RtpView& rtx);

// Turns a received RTX packet into the original, in place: SSRC, payload type and sequence number
// are rewritten and the OSN is removed; `view` is that of the result. The packet must not be shared
// yet and `rtx` must be its view. False, and nothing changed, when there is no OSN.
bool recover_original(const base::PacketRef& packet, wire::RtpView& view, uint32_t media_ssrc,
                      uint8_t media_payload_type);

struct RtxIdentity {
  uint32_t ssrc = 0;
  uint8_t payload_type = 0;
};

// The retransmission of `original` as number `sequence` of the RTX stream. Shares the payload.
wire::OutPacket make_retransmission(const wire::OutPacket& original, RtxIdentity rtx,
                                    uint16_t sequence);

// The number that it brings again.
uint16_t original_sequence(const wire::OutPacket& retransmission);

// What a packet of padding must share with the media it stands beside.
struct PaddingLook {
  uint32_t timestamp = 0;
  uint8_t rtx_payload_type = wire::kNoPayloadType;
  wire::OutExtensionIds ids;
  wire::Mid mid;
};
// A packet of wire::kPaddingSize bytes of padding as number `sequence` of the RTX stream.
wire::OutPacket make_padding(const PaddingLook& look, uint32_t rtx_ssrc, uint16_t sequence);

}  // namespace rtp
