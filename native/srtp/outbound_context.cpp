#include "srtp/outbound_context.h"

#include "base/byte_reader.h"
#include "srtp/packet_layout.h"

namespace srtp {

using crypto::SrtpPacketKind;

OutboundContext::OutboundContext(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& master,
                                 size_t max_ssrcs)
    : rtp_(cipher, master, SrtpPacketKind::kRtp),
      rtcp_(cipher, master, SrtpPacketKind::kRtcp),
      sent_(max_ssrcs) {}

bool OutboundContext::prepare_rtp(std::span<const uint8_t> header, std::span<const uint8_t> prefix,
                                  std::span<const uint8_t> payload, uint8_t* output,
                                  crypto::ProtectJob& job) {
  if (header.empty() || rtp_header_size(header) != header.size()) return false;
  const uint32_t ssrc = base::load_u32(header.data() + 8);
  const std::optional<uint64_t> index = take_index(ssrc, base::load_u16(header.data() + 2));
  if (!index) return false;

  job.key = &rtp_.key();
  job.iv = rtp_.iv(ssrc, *index);
  job.trailer = static_cast<uint32_t>(*index >> 16);
  job.header = header;
  job.prefix = prefix;
  job.payload = payload;
  job.output = output;
  return true;
}

std::optional<uint64_t> OutboundContext::take_index(uint32_t ssrc, uint16_t sequence) {
  ReplayWindow* sent = sent_.find(ssrc);
  if (sent == nullptr) {
    if (sent_.full()) return std::nullopt;
    sent_.insert(ssrc, sequence);
    return sequence;
  }
  const std::optional<uint64_t> index = sent->index_of(sequence);
  if (!index || !sent->is_new(*index)) return std::nullopt;
  sent->mark(*index);
  return index;
}

bool OutboundContext::prepare_rtcp(std::span<const uint8_t> packet, uint8_t* output,
                                   crypto::ProtectJob& job) {
  if (packet.size() < kRtcpHeader || rtcp_index_ >= ~kRtcpEncryptedFlag) return false;
  ++rtcp_index_;
  job.key = &rtcp_.key();
  job.iv = rtcp_.iv(base::load_u32(packet.data() + 4), rtcp_index_);
  job.trailer = kRtcpEncryptedFlag | rtcp_index_;
  job.header = packet.first(kRtcpHeader);
  job.prefix = {};
  job.payload = packet.subspan(kRtcpHeader);
  job.output = output;
  return true;
}

}  // namespace srtp
