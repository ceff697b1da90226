// HMAC-SHA1 with both pads hashed in advance. OpenSSL's SHA_CTX is a plain value: a message costs
// two copies of it and neither allocates nor fails, unlike EVP_MAC, which also is a third slower.
#pragma once

#include <openssl/sha.h>

#include <cstdint>
#include <initializer_list>
#include <span>

namespace crypto {

class KeyedSha1 {
 public:
  explicit KeyedSha1(std::span<const uint8_t> key);
  ~KeyedSha1();
  KeyedSha1(const KeyedSha1&) = delete;
  KeyedSha1& operator=(const KeyedSha1&) = delete;

  // HMAC of the parts, one behind the other.
  void mac(std::initializer_list<std::span<const uint8_t>> parts,
           std::span<uint8_t, SHA_DIGEST_LENGTH> out) const;

 private:
  SHA_CTX inner_;
  SHA_CTX outer_;
};

}  // namespace crypto
