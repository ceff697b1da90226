// SRTP by Intel's multi-buffer library: GCM packet by packet (its wide kernels fill the machine
// alone), CM with HMAC-SHA1 in bursts whose lanes hold packets of different keys.
//
// What is rare or does not gain goes to OpenSSL: SRTCP, and of CM the packets without payload or
// too long for a lane, and the verification of single packets.
#include <intel-ipsec-mb.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/byte_writer.h"
#include "base/prefetch.h"
#include "crypto/hmac.h"
#include "crypto/srtp_cipher.h"

namespace crypto {
namespace {

constexpr size_t kGcmTagSize = srtp_tag_size(SrtpProfile::kAeadAes128Gcm);
constexpr size_t kRoundKeysSize = 176;  // 11 of 16 bytes (FIPS 197)
// Packets between asking for a key and using it: about a microsecond.
constexpr size_t kKeysAhead = 4;
constexpr size_t kBurst = IMB_MAX_BURST_SIZE;

// The lanes count in 16 bits; no datagram comes near.
constexpr size_t kLongestLane = 0x8000;

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

// Round keys of AES in counter mode and both hashed pads of HMAC-SHA1 (RFC 2104 §4).
struct alignas(16) CmKey {
  std::array<uint8_t, kRoundKeysSize> encrypt;
  std::array<uint8_t, kRoundKeysSize>
      decrypt;  // the library writes it, counter mode has no use for it
  std::array<uint8_t, kSha1Size> inner;
  std::array<uint8_t, kSha1Size> outer;
};

void hash_pad(IMB_MGR* manager, const SrtpSessionKeys& keys, uint8_t pad, uint8_t* out) {
  std::array<uint8_t, IMB_SHA1_BLOCK_SIZE> block;
  block.fill(pad);
  for (size_t i = 0; i < keys.authentication.size(); ++i) block[i] ^= keys.authentication[i];
  IMB_SHA1_ONE_BLOCK(manager, block.data(), out);
}

class IpsecMbKey final : public SrtpKey {
 public:
  IpsecMbKey(IMB_MGR* manager, const SrtpSessionKeys& keys, SrtpPacketKind kind,
             std::unique_ptr<SrtpKey> fallback)
      : SrtpKey(keys.profile, kind), openssl(std::move(fallback)) {
    if (kind == SrtpPacketKind::kRtcp) return;
    if (keys.profile == SrtpProfile::kAeadAes128Gcm) {
      gcm = std::make_unique<gcm_key_data>();
      IMB_AES128_GCM_PRE(manager, keys.encryption.data(), gcm.get());
    } else {
      cm = std::make_unique<CmKey>();
      IMB_AES_KEYEXP_128(manager, keys.encryption.data(), cm->encrypt.data(), cm->decrypt.data());
      hash_pad(manager, keys, 0x36, cm->inner.data());
      hash_pad(manager, keys, 0x5c, cm->outer.data());
    }
  }
  ~IpsecMbKey() override {
    if (gcm != nullptr) imb_clear_mem(gcm.get(), sizeof *gcm);
    if (cm != nullptr) imb_clear_mem(cm.get(), sizeof *cm);
  }

  std::unique_ptr<SrtpKey> openssl;
  std::unique_ptr<gcm_key_data> gcm;  // SRTP with GCM only
  std::unique_ptr<CmKey> cm;          // SRTP with CM only
};

const IpsecMbKey& key_of(const SrtpKey* key) { return static_cast<const IpsecMbKey&>(*key); }

class IpsecMbCipher final : public SrtpCipher {
 public:
  explicit IpsecMbCipher(Manager manager)
      : manager_(std::move(manager)), openssl_(make_openssl_srtp_cipher()) {}

  std::unique_ptr<SrtpKey> expand(const SrtpSessionKeys& keys, SrtpPacketKind kind) override {
    return std::make_unique<IpsecMbKey>(manager_.get(), keys, kind, openssl_->expand(keys, kind));
  }

  void protect(std::span<const ProtectJob> jobs) override {
    size_t gathered = 0;
    for (size_t i = 0; i < jobs.size(); ++i) {
      const ProtectJob& job = jobs[i];
      const IpsecMbKey& key = key_of(job.key);
      if (i + kKeysAhead < jobs.size())
        prefetch_key(jobs[i + kKeysAhead - 1], jobs[i + kKeysAhead]);
      const size_t body = job.prefix.size() + job.payload.size();
      if (key.gcm != nullptr) {
        protect_gcm(key, job);
      } else if (key.cm != nullptr && body != 0 && job.output_size() <= kLongestLane) {
        burst_[gathered++] = &job;
        if (gathered == kBurst) protect_cm(std::exchange(gathered, 0));
      } else {
        ProtectJob copy = job;
        copy.key = key.openssl.get();
        openssl_->protect({&copy, 1});
      }
    }
    if (gathered != 0) protect_cm(gathered);
  }

  bool unprotect(const UnprotectJob& job) override {
    const IpsecMbKey& key = key_of(job.key);
    if (key.gcm != nullptr) return unprotect_gcm(key, job);
    UnprotectJob copy = job;
    copy.key = key.openssl.get();
    return openssl_->unprotect(copy);
  }

 private:
  // A key is cold when its run of packets begins.
  static void prefetch_key(const ProtectJob& before, const ProtectJob& job) {
    if (before.key == job.key) return;
    const IpsecMbKey& key = key_of(job.key);
    if (key.gcm != nullptr) base::prefetch(*key.gcm);
    if (key.cm != nullptr) base::prefetch(*key.cm);
  }

  // Header and prefix are copied to the output; where the payload is to be read from is returned,
  // so that a payload without prefix goes from its buffer to the output in one step.
  static const uint8_t* lay_out(const ProtectJob& job, uint8_t* body) {
    put(job.header, job.output);
    if (job.prefix.empty()) return job.payload.data();
    put(job.prefix, body);
    put(job.payload, body + job.prefix.size());
    return body;
  }

  void protect_gcm(const IpsecMbKey& key, const ProtectJob& job) {
    uint8_t* body = job.output + job.header.size();
    const size_t size = job.prefix.size() + job.payload.size();
    const uint8_t* source = lay_out(job, body);
    gcm_context_data context;
    IMB_AES128_GCM_ENC(manager_.get(), key.gcm.get(), &context, body, source, size, job.iv.data(),
                       job.header.data(), job.header.size(), body + size, kGcmTagSize);
  }

  bool unprotect_gcm(const IpsecMbKey& key, const UnprotectJob& job) {
    std::array<uint8_t, kGcmTagSize> tag;
    gcm_context_data context;
    IMB_AES128_GCM_DEC(manager_.get(), key.gcm.get(), &context, job.payload.data(),
                       job.payload.data(), job.payload.size(), job.iv.data(), job.header.data(),
                       job.header.size(), tag.data(), kGcmTagSize);
    return equal_constant_time(tag, job.tag);
  }

  // Protects burst_[0, count): submits all, flushes what waits for more lanes, sets the tags.
  void protect_cm(size_t count) {
    std::array<IMB_JOB*, kBurst> lanes;
    const auto wanted = static_cast<uint32_t>(count);
    if (IMB_GET_NEXT_BURST(manager_.get(), wanted, lanes.data()) != wanted) std::abort();
    for (size_t i = 0; i < count; ++i) fill_lane(*burst_[i], tags_[i].data(), *lanes[i]);
    uint32_t done = IMB_SUBMIT_BURST(manager_.get(), wanted, lanes.data());
    if (done < wanted) done += IMB_FLUSH_BURST(manager_.get(), wanted - done, lanes.data());
    // A refused job would leave clear text in the output; only a wrong field above can cause it.
    if (done != wanted) std::abort();
    for (size_t i = 0; i < count; ++i) {
      const ProtectJob& job = *burst_[i];
      uint8_t* end = job.output + job.output_size() - job.key->overhead();
      std::copy_n(tags_[i].begin(), job.key->overhead(), end);
    }
  }

  // The hash covers header, encrypted body and ROC where they stand in the output: the ROC is put
  // where the tag goes afterwards.
  static void fill_lane(const ProtectJob& job, uint8_t* tag, IMB_JOB& lane) {
    const CmKey& key = *key_of(job.key).cm;
    uint8_t* body = job.output + job.header.size();
    const size_t size = job.prefix.size() + job.payload.size();
    const uint8_t* source = lay_out(job, body);
    base::store_u32(body + size, job.trailer);
    lane.cipher_mode = IMB_CIPHER_CNTR;
    lane.cipher_direction = IMB_DIR_ENCRYPT;
    lane.chain_order = IMB_ORDER_CIPHER_HASH;
    lane.hash_alg = IMB_AUTH_HMAC_SHA_1;
    lane.enc_keys = key.encrypt.data();
    lane.dec_keys = key.decrypt.data();
    lane.key_len_in_bytes = IMB_KEY_128_BYTES;
    lane.iv = job.iv.data();
    lane.iv_len_in_bytes = job.iv.size();
    lane.src = source;
    lane.dst = body;
    lane.cipher_start_src_offset_in_bytes = 0;
    lane.msg_len_to_cipher_in_bytes = size;
    // An offset from the source, even when the output lies before it: it wraps, as intended.
    lane.hash_start_src_offset_in_bytes =
        reinterpret_cast<uintptr_t>(job.output) - reinterpret_cast<uintptr_t>(source);
    lane.msg_len_to_hash_in_bytes = job.header.size() + size + sizeof job.trailer;
    lane.auth_tag_output = tag;
    lane.auth_tag_output_len_in_bytes = kSha1Size;
    lane.u.HMAC._hashed_auth_key_xor_ipad = key.inner.data();
    lane.u.HMAC._hashed_auth_key_xor_opad = key.outer.data();
  }

  Manager manager_;
  std::unique_ptr<SrtpCipher> openssl_;
  std::array<const ProtectJob*, kBurst> burst_{};
  std::array<std::array<uint8_t, kSha1Size>, kBurst> tags_{};
};

}  // namespace

std::unique_ptr<SrtpCipher> make_ipsec_mb_srtp_cipher() {
  Manager manager(alloc_mb_mgr(0));
  if (manager == nullptr) return nullptr;
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  if (imb_get_errno(manager.get()) != 0 || (manager->features & IMB_FEATURE_AESNI) == 0) {
    return nullptr;
  }
  return std::make_unique<IpsecMbCipher>(std::move(manager));
}

std::unique_ptr<SrtpCipher> make_srtp_cipher() {
  std::unique_ptr<SrtpCipher> cipher = make_ipsec_mb_srtp_cipher();
  return cipher != nullptr ? std::move(cipher) : make_openssl_srtp_cipher();
}

}  // namespace crypto
