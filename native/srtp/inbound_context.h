// What one association receives: verifies, decrypts in place, refuses replays (RFC 3711 §3.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "crypto/srtp_cipher.h"
#include "srtp/session_protection.h"
#include "srtp/ssrc_table.h"

namespace srtp {

// SSRCs of one peer that are remembered, RTP and RTCP each. None is ever forgotten, because its old
// packets could then be replayed: the bound is for a whole meeting with many screen shares, not for
// streams at a time. Raising it lets one authenticated peer take more memory (300 to 400 bytes
// each).
inline constexpr size_t kMaxInboundSsrcs = 256;

enum class Result : uint8_t {
  kOk,
  kShort,         // shorter than header + tag (+ index word), or not RTP/RTCP version 2
  kReplayed,      // seen before, or older than the window
  kForged,        // the tag does not fit
  kTooManySsrcs,  // authentic, but kMaxInboundSsrcs are known already
};

struct Unprotected {
  Result result = Result::kShort;
  std::span<uint8_t> packet;  // the plain packet, a prefix of the input, when kOk
  uint64_t index = 0;         // 2^16 × ROC + sequence number; for RTCP the SRTCP index
};

// State of an SSRC appears only after a packet of it was authentic, and changes with no other.
class InboundContext {
 public:
  // At most `max_ssrcs`, RTP and RTCP each.
  InboundContext(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& master,
                 size_t max_ssrcs = kMaxInboundSsrcs);

  Unprotected unprotect_rtp(std::span<uint8_t> packet);
  Unprotected unprotect_rtcp(std::span<uint8_t> packet);

  // Asks for what the next RTP packet of this SSRC needs.
  void prefetch(uint32_t ssrc) const {
    base::prefetch(rtp_.key());
    rtp_windows_.prefetch(ssrc);
  }

 private:
  crypto::SrtpCipher& cipher_;
  SessionProtection rtp_;
  SessionProtection rtcp_;
  SsrcTable rtp_windows_;
  SsrcTable rtcp_windows_;
};

}  // namespace srtp
