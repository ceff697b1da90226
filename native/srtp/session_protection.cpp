#include "srtp/session_protection.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crypto/aes.h"

namespace srtp {
namespace {

using crypto::SrtpPacketKind;
using crypto::SrtpProfile;

// RFC 3711 §4.3.2: labels of SRTP start at 0, those of SRTCP at 3.
enum class Label : uint8_t { kEncryption = 0, kAuthentication = 1, kSalt = 2 };

// AES in counter mode over zeros, starting at (label · 2^48 XOR master salt) · 2^16.
void derive(const crypto::SrtpMasterKey& master, SrtpPacketKind kind, Label label,
            std::span<uint8_t> out) {
  std::array<uint8_t, 16> counter{};
  std::copy(master.salt.begin(), master.salt.end(), counter.begin());
  const int base = kind == SrtpPacketKind::kRtcp ? 3 : 0;
  counter[7] ^= static_cast<uint8_t>(base + static_cast<int>(label));
  for (size_t done = 0; done < out.size(); done += 16) {
    counter[15] = static_cast<uint8_t>(done / 16);
    const auto block = crypto::aes128_encrypt_block(master.key, counter);
    std::copy_n(block.begin(), std::min<size_t>(16, out.size() - done), out.begin() + done);
  }
}

}  // namespace

crypto::SrtpSessionKeys derive_session_keys(const crypto::SrtpMasterKey& master,
                                            SrtpPacketKind kind) {
  crypto::SrtpSessionKeys keys;
  keys.profile = master.profile;
  derive(master, kind, Label::kEncryption, keys.encryption);
  derive(master, kind, Label::kSalt,
         std::span(keys.salt).first(crypto::srtp_salt_size(master.profile)));
  if (master.profile == SrtpProfile::kAes128CmSha1_80) {
    derive(master, kind, Label::kAuthentication, keys.authentication);
  }
  return keys;
}

// Both layouts put SSRC and index side by side, 4 and 6 bytes, and give the index of SRTCP, which
// has 31 bits, upper ones of zero.
crypto::SrtpIv packet_iv(SrtpProfile profile, const Salt& salt, uint32_t ssrc, uint64_t index) {
  crypto::SrtpIv iv{};
  std::copy(salt.begin(), salt.end(), iv.begin());
  const size_t ssrc_at = profile == SrtpProfile::kAeadAes128Gcm ? 2 : 4;
  uint8_t* at = iv.data() + ssrc_at;
  base::store_u32(at, base::load_u32(at) ^ ssrc);
  base::store_u16(at + 4, static_cast<uint16_t>(base::load_u16(at + 4) ^ (index >> 32)));
  base::store_u32(at + 6, base::load_u32(at + 6) ^ static_cast<uint32_t>(index));
  return iv;
}

SessionProtection::SessionProtection(crypto::SrtpCipher& cipher,
                                     const crypto::SrtpMasterKey& master, SrtpPacketKind kind) {
  const crypto::SrtpSessionKeys keys = derive_session_keys(master, kind);
  salt_ = keys.salt;
  key_ = cipher.expand(keys, kind);
}

}  // namespace srtp
