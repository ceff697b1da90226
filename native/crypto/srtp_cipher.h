// Protection of SRTP and SRTCP packets: the narrow interface between the srtp room, which knows
// indices, replay and rollover, and a library that knows AES, GCM and SHA-1.
//
// Two implementations give the same bytes: ipsec-mb (many packets of different keys at once) and
// OpenSSL EVP (any processor). Both belong to one shard; neither is thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "crypto/srtp_profile.h"

namespace crypto {

// SRTP authenticates the rollover counter behind the payload without sending it; SRTCP sends its
// index word, and GCM authenticates it with the header (RFC 7714 §9.2).
enum class SrtpPacketKind : uint8_t { kRtp, kRtcp };

// Expanded session keys, made by and only valid with the cipher that expanded them.
class SrtpKey {
 public:
  virtual ~SrtpKey() = default;
  SrtpKey(const SrtpKey&) = delete;
  SrtpKey& operator=(const SrtpKey&) = delete;

  SrtpProfile profile() const { return profile_; }
  SrtpPacketKind kind() const { return kind_; }
  // Bytes that protection appends: the tag, for SRTCP also the index word.
  size_t overhead() const {
    return srtp_tag_size(profile_) + (kind_ == SrtpPacketKind::kRtcp ? 4 : 0);
  }

 protected:
  SrtpKey(SrtpProfile profile, SrtpPacketKind kind) : profile_(profile), kind_(kind) {}

 private:
  SrtpProfile profile_;
  SrtpPacketKind kind_;
};

// 12 bytes for GCM (the rest zero), 16 for CM.
using SrtpIv = std::array<uint8_t, 16>;

// One packet to protect: output = header ‖ encrypted(prefix ‖ payload) ‖ tag (and index word).
// The inputs stay untouched; `output` has room for output_size() bytes. Header and prefix may stand
// in it already, at their places, the payload must not overlap it. `prefix` is a small part of the
// payload that was rewritten (the OSN of RTX, a payload descriptor), so that the shared payload
// need not be copied.
struct ProtectJob {
  const SrtpKey* key = nullptr;
  SrtpIv iv{};
  uint32_t trailer = 0;  // rollover counter, or E flag and index of SRTCP
  std::span<const uint8_t> header;
  std::span<const uint8_t> prefix;
  std::span<const uint8_t> payload;
  uint8_t* output = nullptr;

  size_t output_size() const {
    return header.size() + prefix.size() + payload.size() + key->overhead();
  }
};

// One received packet, verified and decrypted in place. `header` (authenticated, in clear) and
// `payload` (authenticated, encrypted) are neighbours in one buffer. SRTCP without encryption has
// everything in `header` and an empty payload.
struct UnprotectJob {
  const SrtpKey* key = nullptr;
  SrtpIv iv{};
  uint32_t trailer = 0;
  std::span<uint8_t> header;
  std::span<uint8_t> payload;
  std::span<const uint8_t> tag;  // srtp_tag_size bytes
};

// Part of a job to its place in the output, unless it stands there.
inline void put(std::span<const uint8_t> part, uint8_t* place) {
  if (part.data() != place) std::copy(part.begin(), part.end(), place);
}

class SrtpCipher {
 public:
  virtual ~SrtpCipher() = default;

  virtual std::unique_ptr<SrtpKey> expand(const SrtpSessionKeys& keys, SrtpPacketKind kind) = 0;

  // Protects every job; jobs may have different keys, profiles and kinds. Does not allocate.
  virtual void protect(std::span<const ProtectJob> jobs) = 0;

  // True when the tag fits; the payload is then plain text. On false its bytes are undefined and
  // nothing else has changed. Does not allocate.
  virtual bool unprotect(const UnprotectJob& job) = 0;
};

// OpenSSL's EVP: the portable fallback.
std::unique_ptr<SrtpCipher> make_openssl_srtp_cipher();
// ipsec-mb; nullptr where the processor lacks AES instructions.
std::unique_ptr<SrtpCipher> make_ipsec_mb_srtp_cipher();
// The fastest that works here: decided once, at the start of a shard.
std::unique_ptr<SrtpCipher> make_srtp_cipher();

}  // namespace crypto
