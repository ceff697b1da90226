// A datagram goes to the parser that classify names, as on a media port.
#include "fuzz/expect.h"
#include "wire/demux.h"
#include "wire/plain_token.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"
#include "wire/stun.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> datagram(data, size);
  wire::StunMessage stun;
  wire::RtpView rtp;
  const bool is_stun = wire::parse_stun(datagram, stun) == wire::ParseError::kNone;
  const bool is_rtp = wire::parse_rtp_header(datagram, rtp) == wire::ParseError::kNone;
  if (wire::parse_plain_token(datagram)) {
    fuzz::expect(wire::classify(datagram) == wire::PacketKind::kUnknown);
  }
  switch (wire::classify(datagram)) {
    case wire::PacketKind::kStun:
      fuzz::expect(!is_rtp);
      break;
    case wire::PacketKind::kRtcp: {
      wire::RtcpReader reader(datagram);
      for (wire::RtcpBlock block; reader.next(block);) fuzz::expect(block.body.size() < size);
      [[fallthrough]];
    }
    case wire::PacketKind::kRtp:
      fuzz::expect(!is_stun);
      break;
    case wire::PacketKind::kDtls:
    case wire::PacketKind::kUnknown:
      // A STUN class or method above 0x0FF sets bits of the first byte beyond those of Binding.
      fuzz::expect(!is_rtp);
      break;
  }
  return 0;
}
