// The low-level SHA-1 is deprecated in favour of EVP, which cannot do this without allocating.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/openssl_sha1.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

namespace crypto {
namespace {

void start(SHA_CTX& context, std::array<uint8_t, SHA_CBLOCK> block, uint8_t pad) {
  for (uint8_t& byte : block) byte ^= pad;
  SHA1_Init(&context);
  SHA1_Update(&context, block.data(), block.size());
}

}  // namespace

KeyedSha1::KeyedSha1(std::span<const uint8_t> key) : inner_{}, outer_{} {
  std::array<uint8_t, SHA_CBLOCK> block{};
  if (key.size() > block.size()) {
    SHA1(key.data(), key.size(), block.data());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  start(inner_, block, 0x36);
  start(outer_, block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

KeyedSha1::~KeyedSha1() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

void KeyedSha1::mac(std::initializer_list<std::span<const uint8_t>> parts,
                    std::span<uint8_t, SHA_DIGEST_LENGTH> out) const {
  SHA_CTX context = inner_;
  for (const auto part : parts) SHA1_Update(&context, part.data(), part.size());
  SHA1_Final(out.data(), &context);
  context = outer_;
  SHA1_Update(&context, out.data(), out.size());
  SHA1_Final(out.data(), &context);
}

}  // namespace crypto
