// RFC 3711, appendix B: the test vectors of AES-CM and of its key derivation.
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/srtp_cipher.h"
#include "srtp/session_protection.h"
#include "testing/bytes.h"

namespace {

using crypto::SrtpPacketKind;
using crypto::SrtpProfile;
using testing_support::from_hex;
using testing_support::to_hex;

// B.2: the keystream is the encryption of zeros, with SSRC, ROC and sequence number zero.
std::vector<uint8_t> keystream(crypto::SrtpCipher& cipher, size_t blocks) {
  crypto::SrtpSessionKeys keys;
  keys.profile = SrtpProfile::kAes128CmSha1_80;
  std::ranges::copy(from_hex("2B7E151628AED2A6ABF7158809CF4F3C"), keys.encryption.begin());
  std::ranges::copy(from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), keys.salt.begin());
  const auto key = cipher.expand(keys, SrtpPacketKind::kRtp);
  const std::vector<uint8_t> header = from_hex("800f00000000000000000000");
  const std::vector<uint8_t> zeros(blocks * 16);
  std::vector<uint8_t> out(header.size() + zeros.size() + crypto::kMaxSrtpOverhead);
  crypto::ProtectJob job;
  job.key = key.get();
  job.iv = srtp::packet_iv(keys.profile, srtp::salt_iv(keys.salt), 0, 0);
  job.header = header;
  job.payload = zeros;
  job.output = out.data();
  cipher.protect({&job, 1});
  return {out.begin() + 12, out.begin() + 12 + static_cast<std::ptrdiff_t>(zeros.size())};
}

std::string block(const std::vector<uint8_t>& stream, size_t i) {
  return to_hex(std::span(stream).subspan(16 * i, 16));
}

TEST(Rfc3711, B2Keystream) {
  for (const auto& cipher : {crypto::make_openssl_srtp_cipher(), crypto::make_srtp_cipher()}) {
    const std::vector<uint8_t> start = keystream(*cipher, 3);
    EXPECT_EQ(block(start, 0), "e03ead0935c95e80e166b16dd92b4eb4");
    EXPECT_EQ(block(start, 1), "d23513162b02d0f72a43a2fe4a5f97ab");
    EXPECT_EQ(block(start, 2), "41e95b3bb0a2e8dd477901e4fca894c0");
    const std::vector<uint8_t> all = keystream(*cipher, 0xff02);
    EXPECT_EQ(block(all, 0xfeff), "ec8cdf7398607cb0f2d21675ea9ea1e4");
    EXPECT_EQ(block(all, 0xff00), "362b7c3c6773516318a077d7fc5073ae");
    EXPECT_EQ(block(all, 0xff01), "6a2cc3787889374fbeb4c81b17ba6c44");
  }
}

TEST(Rfc3711, B3KeyDerivation) {  // [SRTP-10]
  crypto::SrtpMasterKey master;
  master.profile = SrtpProfile::kAes128CmSha1_80;
  std::ranges::copy(from_hex("E1F97A0D3E018BE0D64FA32C06DE4139"), master.key.begin());
  std::ranges::copy(from_hex("0EC675AD498AFEEBB6960B3AABE6"), master.salt.begin());
  const auto keys = srtp::derive_session_keys(master, SrtpPacketKind::kRtp);
  EXPECT_EQ(to_hex(keys.encryption), "c61e7a93744f39ee10734afe3ff7a087");
  EXPECT_EQ(to_hex(keys.salt), "30cbbc08863d8c85d49db34a9ae1");
  EXPECT_EQ(to_hex(keys.authentication), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

}  // namespace
