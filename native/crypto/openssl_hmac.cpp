#include <openssl/crypto.h>

#include "crypto/aes.h"
#include "crypto/hmac.h"
#include "crypto/openssl_sha1.h"
#include "crypto/openssl_support.h"

namespace crypto {

std::array<uint8_t, kSha1Size> hmac_sha1(std::span<const uint8_t> key,
                                         std::span<const uint8_t> message) {
  std::array<uint8_t, kSha1Size> out;
  KeyedSha1(key).mac({message}, out);
  return out;
}

bool equal_constant_time(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::array<uint8_t, 16> aes128_encrypt_block(std::span<const uint8_t, 16> key,
                                             std::span<const uint8_t, 16> block) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::array<uint8_t, 16> out{};
  int size = 0;
  require(context != nullptr &&
          EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1 &&
          EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
          EVP_EncryptUpdate(context.get(), out.data(), &size, block.data(), 16) == 1);
  return out;
}

}  // namespace crypto
