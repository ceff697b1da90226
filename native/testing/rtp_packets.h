// Packets that tests of rtp, pacing and forward send around.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/packet.h"
#include "wire/out_packet.h"
#include "wire/rtp.h"

namespace testing_support {

// A received packet with its view.
struct ReceivedPacket {
  base::PacketRef packet;
  wire::RtpView view;
};

inline ReceivedPacket make_received(base::PacketPool& pool, const wire::RtpHeader& header,
                                    const std::vector<uint8_t>& payload,
                                    const std::vector<wire::ExtensionElement>& elements = {}) {
  ReceivedPacket received{pool.acquire(), {}};
  received.packet.resize(base::kPacketCapacity);
  const size_t size = wire::write_rtp_header(header, elements, received.packet.bytes());
  std::copy(payload.begin(), payload.end(), received.packet.bytes().begin() + size);
  received.packet.resize(size + payload.size());
  wire::parse_rtp(received.packet.bytes(), received.view);
  return received;
}

// The bytes after the header as they leave.
inline std::vector<uint8_t> body_of(const wire::OutPacket& packet) {
  std::vector<uint8_t> body(packet.prefix().begin(), packet.prefix().end());
  body.insert(body.end(), packet.payload().begin(), packet.payload().end());
  return body;
}

}  // namespace testing_support
