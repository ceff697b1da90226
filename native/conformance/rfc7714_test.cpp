// RFC 7714 §16.1 and §17.1: the vectors of AEAD_AES_128_GCM for SRTP and SRTCP.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "crypto/srtp_cipher.h"
#include "srtp/session_protection.h"
#include "testing/bytes.h"

namespace {

using crypto::SrtpPacketKind;
using testing_support::from_hex;
using testing_support::to_hex;

crypto::SrtpSessionKeys rfc_keys() {
  crypto::SrtpSessionKeys keys;
  keys.profile = crypto::SrtpProfile::kAeadAes128Gcm;
  std::ranges::copy(from_hex("000102030405060708090a0b0c0d0e0f"), keys.encryption.begin());
  std::ranges::copy(from_hex("517569642070726f2071756f"), keys.salt.begin());
  return keys;
}

struct Vector {
  SrtpPacketKind kind;
  size_t header_size;
  uint32_t ssrc;
  uint64_t index;
  uint32_t trailer;
  const char* iv;
  const char* plain;
  const char* body_and_tag;
  const char* index_word;
};

constexpr Vector kSrtp{
    SrtpPacketKind::kRtp,
    12,
    0x5501a0b2,
    0xf17b,
    0,
    "51753c6580c2726f20718414",
    "8040f17b8041f8d35501a0b2"
    "47616c6c696120657374206f6d6e697320646976697361"
    "20696e207061727465732074726573",
    "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
    "899d7f27beb16a9152cf765ee4390cce",
    ""};

constexpr Vector kSrtcp{SrtpPacketKind::kRtcp,
                        8,
                        0x4d617273,
                        0x5d4,
                        0x800005d4,
                        "517524055203726f207170bb",
                        "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"
                        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
                        "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda"
                        "4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade",
                        "800005d4"};

void expect_vector(crypto::SrtpCipher& cipher, const Vector& vector) {
  const crypto::SrtpSessionKeys keys = rfc_keys();
  const auto key = cipher.expand(keys, vector.kind);
  const auto iv =
      srtp::packet_iv(keys.profile, srtp::salt_iv(keys.salt), vector.ssrc, vector.index);
  EXPECT_EQ(to_hex(std::span(iv).first(12)), vector.iv);

  std::vector<uint8_t> plain = from_hex(vector.plain);
  std::vector<uint8_t> out(plain.size() + key->overhead());
  crypto::ProtectJob job;
  job.key = key.get();
  job.iv = iv;
  job.trailer = vector.trailer;
  job.header = std::span(plain).first(vector.header_size);
  job.payload = std::span(plain).subspan(vector.header_size);
  job.output = out.data();
  cipher.protect({&job, 1});
  const std::string header = to_hex(job.header);
  EXPECT_EQ(to_hex(out), header + vector.body_and_tag + vector.index_word);

  crypto::UnprotectJob back;
  back.key = key.get();
  back.iv = iv;
  back.trailer = vector.trailer;
  back.header = std::span(out).first(vector.header_size);
  back.payload = std::span(out).subspan(vector.header_size, job.payload.size());
  back.tag = std::span(out).subspan(plain.size(), 16);
  EXPECT_TRUE(cipher.unprotect(back));
  out.resize(plain.size());
  EXPECT_EQ(to_hex(out), vector.plain);
}

TEST(Rfc7714, SrtpByOpenssl) { expect_vector(*crypto::make_openssl_srtp_cipher(), kSrtp); }
TEST(Rfc7714, SrtpByTheFastest) { expect_vector(*crypto::make_srtp_cipher(), kSrtp); }
TEST(Rfc7714, SrtcpByOpenssl) { expect_vector(*crypto::make_openssl_srtp_cipher(), kSrtcp); }
TEST(Rfc7714, SrtcpByTheFastest) { expect_vector(*crypto::make_srtp_cipher(), kSrtcp); }

}  // namespace
