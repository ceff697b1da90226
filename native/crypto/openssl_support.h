// Ownership of OpenSSL's objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <memory>

namespace crypto {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, OpensslFree<X509_free>>;
using SslContext = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslConnection = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, OpensslFree<BIO_meth_free>>;

// For steps that fail only when memory is exhausted while keys are set up: like operator new
// without exceptions, there is nothing sensible to go on with.
inline void require(bool succeeded) {
  if (!succeeded) std::abort();
}

}  // namespace crypto
