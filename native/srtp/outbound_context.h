// What one association sends: chooses index and nonce of each packet (RFC 3711 §3.3, RFC 7714 §8)
// and leaves the work to one batch over many associations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/prefetch.h"
#include "crypto/srtp_cipher.h"
#include "srtp/session_protection.h"
#include "srtp/ssrc_table.h"

namespace srtp {

// SSRCs we send to one peer: 25 tiles and their RTX, audio and screens, with room for reuse.
// It is ours to choose them; more is a mistake of the engine, and refused.
inline constexpr size_t kMaxOutboundSsrcs = 256;

class OutboundContext {
 public:
  // At most `max_ssrcs`.
  OutboundContext(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& master,
                  size_t max_ssrcs = kMaxOutboundSsrcs);

  // Fills `job` so that crypto::SrtpCipher::protect writes the protected packet to `output`, which
  // has room for header + prefix + payload + crypto::kMaxSrtpOverhead. The spans must live until
  // then. `header` is a whole RTP header with CSRCs and extension. Sequence numbers of an SSRC may
  // go back within the replay window, but none is used twice: that would repeat a nonce (RFC 7714
  // §8.4). False: malformed header, sequence number used or too old, or too many SSRCs.
  bool prepare_rtp(std::span<const uint8_t> header, std::span<const uint8_t> prefix,
                   std::span<const uint8_t> payload, uint8_t* output, crypto::ProtectJob& job);

  // `packet` is a compound RTCP packet (at least 8 bytes); `output` has room for it and
  // crypto::kMaxSrtcpOverhead. False: too short, or the index is used up (2^31 packets).
  bool prepare_rtcp(std::span<const uint8_t> packet, uint8_t* output, crypto::ProtectJob& job);

  // Asks for what `prepare_rtp` reads for a packet of this SSRC.
  void prefetch(uint32_t ssrc) const {
    base::prefetch(rtp_.key());
    sent_.prefetch(ssrc);
  }

 private:
  // nullopt: used, too old, or of one SSRC too many.
  std::optional<uint64_t> take_index(uint32_t ssrc, uint16_t sequence);

  SessionProtection rtp_;
  SessionProtection rtcp_;
  SsrcTable sent_;
  uint32_t rtcp_index_ = 0;
};

}  // namespace srtp
