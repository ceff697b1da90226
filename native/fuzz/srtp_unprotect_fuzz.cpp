// SRTP and SRTCP from a stranger, between authentic packets whose headers the input chooses.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_reader.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"

namespace {

using Bytes = std::vector<uint8_t>;

void expect(bool holds) {
  if (!holds) std::abort();
}

crypto::SrtpMasterKey key_for(uint8_t selector) {
  crypto::SrtpMasterKey key;
  key.profile = (selector & 1) != 0 ? crypto::SrtpProfile::kAeadAes128Gcm
                                    : crypto::SrtpProfile::kAes128CmSha1_80;
  key.key.fill(0x42);
  return key;
}

// Exactly as long as its bytes, so that a sanitizer sees any read beyond.
Bytes copied(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

class Run {
 public:
  explicit Run(uint8_t selector)
      : cipher_((selector & 2) != 0 ? crypto::make_openssl_srtp_cipher()
                                    : crypto::make_srtp_cipher()),
        inbound_(*cipher_, key_for(selector)),
        outbound_(*cipher_, key_for(selector)) {}

  // Nobody without the key makes a tag that fits.
  void stranger(std::span<const uint8_t> bytes, bool rtcp) {
    Bytes packet = copied(bytes);
    const auto received = rtcp ? inbound_.unprotect_rtcp(packet) : inbound_.unprotect_rtp(packet);
    expect(received.result != srtp::Result::kOk);
  }

  // An authentic packet is accepted once at most, and comes back as it was.
  void authentic(std::span<const uint8_t> bytes, bool rtcp) {
    const Bytes plain = copied(bytes);
    Bytes packet(plain.size() + crypto::kMaxSrtcpOverhead);
    crypto::ProtectJob job;
    const bool prepared = rtcp ? outbound_.prepare_rtcp(plain, packet.data(), job)
                               : outbound_.prepare_rtp(plain, {}, {}, packet.data(), job);
    if (!prepared) return;
    cipher_->protect({&job, 1});
    packet.resize(job.output_size());
    for (int i = 0; i < 2; ++i) {
      Bytes arriving = packet;
      const auto received =
          rtcp ? inbound_.unprotect_rtcp(arriving) : inbound_.unprotect_rtp(arriving);
      if (received.result != srtp::Result::kOk) continue;
      expect(i == 0 && std::equal(plain.begin(), plain.end(), received.packet.begin(),
                                  received.packet.end()));
    }
  }

 private:
  std::unique_ptr<crypto::SrtpCipher> cipher_;
  srtp::InboundContext inbound_;
  srtp::OutboundContext outbound_;
};

}  // namespace

// Input: a selector, then packets as (kind, length, bytes).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::ByteReader reader({data, size});
  Run run(reader.u8());
  while (reader.remaining() != 0) {
    const uint8_t kind = reader.u8();
    const auto bytes = reader.bytes(std::min<size_t>(reader.u16(), reader.remaining()));
    if ((kind & 2) != 0) {
      run.authentic(bytes, (kind & 1) != 0);
    } else {
      run.stranger(bytes, (kind & 1) != 0);
    }
  }
  return 0;
}
