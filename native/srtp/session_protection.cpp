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

crypto::SrtpIv salt_iv(const Salt& salt) {
  crypto::SrtpIv iv{};
  std::copy(salt.begin(), salt.end(), iv.begin());
  return iv;
}

// GCM: 2 bytes of zero, SSRC, 6 bytes of index. CM: 4 bytes of zero, SSRC, 6 bytes of index, 2 of
// zero. SRTCP's index has 31 bits and upper ones of zero.
crypto::SrtpIv packet_iv(SrtpProfile profile, const crypto::SrtpIv& salt, uint32_t ssrc,
                         uint64_t index) {
  const bool gcm = profile == SrtpProfile::kAeadAes128Gcm;
  const uint64_t head = gcm ? uint64_t{ssrc} << 16 | index >> 32 : uint64_t{ssrc};
  const uint64_t tail = gcm ? index << 32 : index << 16;
  crypto::SrtpIv iv;
  base::store_u64(iv.data(), base::load_u64(salt.data()) ^ head);
  base::store_u64(iv.data() + 8, base::load_u64(salt.data() + 8) ^ tail);
  return iv;
}

SessionProtection::SessionProtection(crypto::SrtpCipher& cipher,
                                     const crypto::SrtpMasterKey& master, SrtpPacketKind kind) {
  const crypto::SrtpSessionKeys keys = derive_session_keys(master, kind);
  profile_ = keys.profile;
  salt_ = salt_iv(keys.salt);
  key_ = cipher.expand(keys, kind);
}

}  // namespace srtp
