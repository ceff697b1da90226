// Session keys of one direction and packet kind, ready for use: derivation (RFC 3711 §4.3, RFC 7714
// §11) and the nonce of each packet (RFC 3711 §4.1.1, RFC 7714 §8.1 and §9.1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "crypto/srtp_cipher.h"

namespace srtp {

// Key derivation rate 0: once per master key. Each kind has its own three labels.
crypto::SrtpSessionKeys derive_session_keys(const crypto::SrtpMasterKey& master,
                                            crypto::SrtpPacketKind kind);

using Salt = std::array<uint8_t, crypto::kMaxSrtpSaltSize>;
// The session salt with zeros behind it.
crypto::SrtpIv salt_iv(const Salt& salt);

// index: 48 bits of ROC and sequence number for SRTP, 31 bits for SRTCP.
// salt: as salt_iv gives it.
crypto::SrtpIv packet_iv(crypto::SrtpProfile profile, const crypto::SrtpIv& salt, uint32_t ssrc,
                         uint64_t index);

class SessionProtection {
 public:
  SessionProtection(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& master,
                    crypto::SrtpPacketKind kind);

  const crypto::SrtpKey& key() const { return *key_; }

  crypto::SrtpIv iv(uint32_t ssrc, uint64_t index) const {
    return packet_iv(profile_, salt_, ssrc, index);
  }

 private:
  crypto::SrtpProfile profile_;
  crypto::SrtpIv salt_;
  std::unique_ptr<crypto::SrtpKey> key_;
};

}  // namespace srtp
