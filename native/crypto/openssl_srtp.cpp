// SRTP by OpenSSL's EVP: works on every processor, and is what ipsec-mb is compared with.
#include <algorithm>

#include "base/byte_writer.h"
#include "crypto/hmac.h"
#include "crypto/openssl_sha1.h"
#include "crypto/openssl_support.h"
#include "crypto/srtp_cipher.h"

namespace crypto {
namespace {

enum class Direction : int { kDecrypt = 0, kEncrypt = 1 };

class OpensslKey final : public SrtpKey {
 public:
  OpensslKey(const SrtpSessionKeys& keys, SrtpPacketKind kind)
      : SrtpKey(keys.profile, kind),
        authentication(keys.authentication),
        context(EVP_CIPHER_CTX_new()) {
    const EVP_CIPHER* cipher =
        keys.profile == SrtpProfile::kAeadAes128Gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    require(context != nullptr && EVP_CipherInit_ex(context.get(), cipher, nullptr,
                                                    keys.encryption.data(), nullptr, 1) == 1);
  }

  KeyedSha1 authentication;
  CipherContext context;
};

// A trailer as it stands on the wire and in the hash.
struct TrailerBytes {
  explicit TrailerBytes(uint32_t trailer) { base::store_u32(bytes.data(), trailer); }
  std::array<uint8_t, 4> bytes{};
};

// The calls below cannot fail once the key is set; their results are still collected, so that a
// surprise means a refused packet and never a clear one.
class Stream {
 public:
  Stream(const OpensslKey& key, const SrtpIv& iv, Direction direction)
      : context_(key.context.get()) {
    ok_ = EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, iv.data(),
                            static_cast<int>(direction)) == 1;
  }

  void authenticate(std::span<const uint8_t> bytes) { update(nullptr, bytes); }
  void transform(uint8_t* out, std::span<const uint8_t> bytes) { update(out, bytes); }

  bool finish() {
    int size = 0;
    std::array<uint8_t, 16> nothing{};
    ok_ = ok_ && EVP_CipherFinal_ex(context_, nothing.data(), &size) == 1;
    return ok_;
  }
  bool set_tag(std::span<const uint8_t> tag) {
    return EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                               const_cast<uint8_t*>(tag.data())) == 1;
  }
  bool get_tag(std::span<uint8_t> tag) {
    return EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                               tag.data()) == 1;
  }

 private:
  void update(uint8_t* out, std::span<const uint8_t> bytes) {
    int size = 0;
    if (bytes.empty()) return;
    ok_ = ok_ &&
          EVP_CipherUpdate(context_, out, &size, bytes.data(), static_cast<int>(bytes.size())) == 1;
  }

  EVP_CIPHER_CTX* context_;
  bool ok_ = false;
};

bool protect_gcm(const OpensslKey& key, const ProtectJob& job) {
  const bool rtcp = key.kind() == SrtpPacketKind::kRtcp;
  const TrailerBytes trailer(job.trailer);
  put(job.header, job.output);
  uint8_t* body = job.output + job.header.size();
  uint8_t* tag = body + job.prefix.size() + job.payload.size();
  Stream stream(key, job.iv, Direction::kEncrypt);
  stream.authenticate(job.header);
  if (rtcp) stream.authenticate(trailer.bytes);
  stream.transform(body, job.prefix);
  stream.transform(body + job.prefix.size(), job.payload);
  if (!stream.finish() || !stream.get_tag({tag, 16})) return false;
  if (rtcp) std::copy(trailer.bytes.begin(), trailer.bytes.end(), tag + 16);
  return true;
}

bool protect_cm(const OpensslKey& key, const ProtectJob& job) {
  const TrailerBytes trailer(job.trailer);
  put(job.header, job.output);
  uint8_t* body = job.output + job.header.size();
  uint8_t* end = body + job.prefix.size() + job.payload.size();
  Stream stream(key, job.iv, Direction::kEncrypt);
  stream.transform(body, job.prefix);
  stream.transform(body + job.prefix.size(), job.payload);
  if (!stream.finish()) return false;
  std::array<uint8_t, kSha1Size> digest{};
  key.authentication.mac({std::span<const uint8_t>(job.output, end), trailer.bytes}, digest);
  if (key.kind() == SrtpPacketKind::kRtcp) {
    end = std::copy(trailer.bytes.begin(), trailer.bytes.end(), end);
  }
  std::copy_n(digest.begin(), srtp_tag_size(SrtpProfile::kAes128CmSha1_80), end);
  return true;
}

bool unprotect_gcm(const OpensslKey& key, const UnprotectJob& job) {
  const TrailerBytes trailer(job.trailer);
  Stream stream(key, job.iv, Direction::kDecrypt);
  stream.authenticate(job.header);
  if (key.kind() == SrtpPacketKind::kRtcp) stream.authenticate(trailer.bytes);
  stream.transform(job.payload.data(), job.payload);
  return stream.set_tag(job.tag) && stream.finish();
}

bool unprotect_cm(const OpensslKey& key, const UnprotectJob& job) {
  const TrailerBytes trailer(job.trailer);
  std::array<uint8_t, kSha1Size> digest{};
  key.authentication.mac({job.header, job.payload, trailer.bytes}, digest);
  if (!equal_constant_time(std::span(digest).first(job.tag.size()), job.tag)) return false;
  Stream stream(key, job.iv, Direction::kDecrypt);
  stream.transform(job.payload.data(), job.payload);
  return stream.finish();
}

class OpensslCipher final : public SrtpCipher {
 public:
  std::unique_ptr<SrtpKey> expand(const SrtpSessionKeys& keys, SrtpPacketKind kind) override {
    return std::make_unique<OpensslKey>(keys, kind);
  }

  void protect(std::span<const ProtectJob> jobs) override {
    for (const ProtectJob& job : jobs) {
      const auto& key = static_cast<const OpensslKey&>(*job.key);
      const bool gcm = key.profile() == SrtpProfile::kAeadAes128Gcm;
      require(gcm ? protect_gcm(key, job) : protect_cm(key, job));
    }
  }

  bool unprotect(const UnprotectJob& job) override {
    const auto& key = static_cast<const OpensslKey&>(*job.key);
    const bool gcm = key.profile() == SrtpProfile::kAeadAes128Gcm;
    return gcm ? unprotect_gcm(key, job) : unprotect_cm(key, job);
  }
};

}  // namespace

std::unique_ptr<SrtpCipher> make_openssl_srtp_cipher() { return std::make_unique<OpensslCipher>(); }

}  // namespace crypto
