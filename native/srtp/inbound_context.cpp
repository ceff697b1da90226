#include "srtp/inbound_context.h"

#include <optional>

#include "base/byte_reader.h"
#include "srtp/packet_layout.h"

namespace srtp {
namespace {

using crypto::SrtpPacketKind;
using crypto::SrtpProfile;

constexpr Unprotected refuse(Result result) { return {result, {}, 0}; }

// The index of a packet that is worth verifying.
struct Candidate {
  Result result = Result::kOk;
  ReplayWindow* window = nullptr;  // nullptr: first packet of its SSRC
  uint64_t index = 0;
};

Candidate check_replay(SsrcTable& windows, uint32_t ssrc, std::optional<uint64_t> index) {
  ReplayWindow* window = windows.find(ssrc);
  if (window == nullptr && windows.full()) return {Result::kTooManySsrcs};
  if (!index || (window != nullptr && !window->is_new(*index))) return {Result::kReplayed};
  return {Result::kOk, window, *index};
}

// Only called for authentic packets.
void remember(SsrcTable& windows, uint32_t ssrc, const Candidate& candidate) {
  if (candidate.window != nullptr) {
    candidate.window->mark(candidate.index);
  } else {
    windows.insert(ssrc, candidate.index);
  }
}

// Where the parts of an SRTCP packet lie: GCM puts the tag before the index word (RFC 7714 §9.2),
// CM behind it (RFC 3711 §3.4).
struct RtcpParts {
  std::span<uint8_t> body;
  std::span<const uint8_t> tag;
  uint32_t index_word;
};

RtcpParts split_rtcp(std::span<uint8_t> packet, SrtpProfile profile) {
  const size_t tag_size = crypto::srtp_tag_size(profile);
  const size_t body_size = packet.size() - tag_size - kRtcpIndexWord;
  const bool tag_first = profile == SrtpProfile::kAeadAes128Gcm;
  const size_t tag_at = body_size + (tag_first ? 0 : kRtcpIndexWord);
  const size_t word_at = body_size + (tag_first ? tag_size : 0);
  return {packet.first(body_size), packet.subspan(tag_at, tag_size),
          base::load_u32(packet.data() + word_at)};
}

}  // namespace

InboundContext::InboundContext(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& master,
                               size_t max_ssrcs)
    : cipher_(cipher),
      rtp_(cipher, master, SrtpPacketKind::kRtp),
      rtcp_(cipher, master, SrtpPacketKind::kRtcp),
      rtp_windows_(max_ssrcs),
      rtcp_windows_(max_ssrcs) {}

Unprotected InboundContext::unprotect_rtp(std::span<uint8_t> packet) {
  const size_t tag_size = crypto::srtp_tag_size(rtp_.key().profile());
  const size_t header_size = rtp_header_size(packet);
  if (header_size == 0 || packet.size() < header_size + tag_size) return refuse(Result::kShort);
  const uint32_t ssrc = base::load_u32(packet.data() + 8);
  const uint16_t sequence = base::load_u16(packet.data() + 2);

  const ReplayWindow* window = rtp_windows_.find(ssrc);
  const std::optional<uint64_t> index =
      window != nullptr ? window->index_of(sequence) : std::optional<uint64_t>(sequence);
  const Candidate candidate = check_replay(rtp_windows_, ssrc, index);
  if (candidate.result != Result::kOk) return refuse(candidate.result);

  const std::span<uint8_t> plain = packet.first(packet.size() - tag_size);
  crypto::UnprotectJob job;
  job.key = &rtp_.key();
  job.iv = rtp_.iv(ssrc, candidate.index);
  job.trailer = static_cast<uint32_t>(candidate.index >> 16);
  job.header = plain.first(header_size);
  job.payload = plain.subspan(header_size);
  job.tag = packet.last(tag_size);
  if (!cipher_.unprotect(job)) return refuse(Result::kForged);
  remember(rtp_windows_, ssrc, candidate);
  return {Result::kOk, plain, candidate.index};
}

Unprotected InboundContext::unprotect_rtcp(std::span<uint8_t> packet) {
  const SrtpProfile profile = rtcp_.key().profile();
  const size_t least = kRtcpHeader + rtcp_.key().overhead();
  if (packet.size() < least || packet[0] >> 6 != 2) return refuse(Result::kShort);
  const RtcpParts parts = split_rtcp(packet, profile);
  const uint32_t ssrc = base::load_u32(packet.data() + 4);
  const Candidate candidate =
      check_replay(rtcp_windows_, ssrc, parts.index_word & ~kRtcpEncryptedFlag);
  if (candidate.result != Result::kOk) return refuse(candidate.result);

  const bool encrypted = (parts.index_word & kRtcpEncryptedFlag) != 0;
  const size_t clear_size = encrypted ? kRtcpHeader : parts.body.size();
  crypto::UnprotectJob job;
  job.key = &rtcp_.key();
  job.iv = rtcp_.iv(ssrc, candidate.index);
  job.trailer = parts.index_word;
  job.header = parts.body.first(clear_size);
  job.payload = parts.body.subspan(clear_size);
  job.tag = parts.tag;
  if (!cipher_.unprotect(job)) return refuse(Result::kForged);
  remember(rtcp_windows_, ssrc, candidate);
  return {Result::kOk, parts.body, candidate.index};
}

}  // namespace srtp
