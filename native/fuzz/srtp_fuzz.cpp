// SRTP contexts with both profiles. Bytes nobody protected are never accepted; a packet that was
// protected is accepted once, gives the same bytes, and a flipped bit changes no state.
//
// Input: profile, bit to flip (16), then a header and payload to protect; the whole is also tried
// as a received packet.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "fuzz/expect.h"
#include "fuzz/input.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"
#include "wire/rtp.h"

namespace {

using Bytes = std::vector<uint8_t>;

crypto::SrtpMasterKey key_of(crypto::SrtpProfile profile) {
  crypto::SrtpMasterKey key{.profile = profile};
  key.key.fill(0x2b);
  std::fill_n(key.salt.begin(), crypto::srtp_salt_size(profile), uint8_t{0x7e});
  return key;
}

// RTP and RTCP behind one shape.
struct Kind {
  srtp::Unprotected (srtp::InboundContext::*unprotect)(std::span<uint8_t>);
  bool (*prepare)(srtp::OutboundContext&, std::span<const uint8_t>, Bytes&, crypto::ProtectJob&);
};

bool prepare_rtp(srtp::OutboundContext& context, std::span<const uint8_t> packet, Bytes& out,
                 crypto::ProtectJob& job) {
  wire::RtpView view;
  if (wire::parse_rtp_header(packet, view) != wire::ParseError::kNone) return false;
  return context.prepare_rtp(packet.first(view.payload_offset), {},
                             packet.subspan(view.payload_offset), out.data(), job);
}

bool prepare_rtcp(srtp::OutboundContext& context, std::span<const uint8_t> packet, Bytes& out,
                  crypto::ProtectJob& job) {
  const bool version_2 = !packet.empty() && packet[0] >> 6 == 2;
  return version_2 && context.prepare_rtcp(packet, out.data(), job);
}

constexpr Kind kKinds[] = {{&srtp::InboundContext::unprotect_rtp, prepare_rtp},
                           {&srtp::InboundContext::unprotect_rtcp, prepare_rtcp}};

void expect_round_trip(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& key,
                       const Kind& kind, std::span<const uint8_t> packet, uint16_t flip) {
  srtp::InboundContext inbound(cipher, key);
  srtp::OutboundContext outbound(cipher, key);
  Bytes out(packet.size() + crypto::kMaxSrtcpOverhead);
  crypto::ProtectJob job;
  if (!kind.prepare(outbound, packet, out, job)) return;
  cipher.protect({&job, 1});
  out.resize(job.output_size());
  Bytes forged = out;
  forged[flip / 8 % forged.size()] ^= static_cast<uint8_t>(1 << flip % 8);
  fuzz::expect((inbound.*kind.unprotect)(forged).result != srtp::Result::kOk);
  Bytes received = out;
  const srtp::Unprotected plain = (inbound.*kind.unprotect)(received);
  fuzz::expect(plain.result == srtp::Result::kOk);
  fuzz::expect(std::equal(plain.packet.begin(), plain.packet.end(), packet.begin(), packet.end()));
  Bytes replayed = out;
  fuzz::expect((inbound.*kind.unprotect)(replayed).result == srtp::Result::kReplayed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<crypto::SrtpCipher> ciphers[] = {
      crypto::make_openssl_srtp_cipher(), crypto::make_ipsec_mb_srtp_cipher()};
  fuzz::Input input(data, size);
  const uint8_t choice = input.u8();
  crypto::SrtpCipher* const preferred = ciphers[choice & 1].get();
  crypto::SrtpCipher& cipher = preferred != nullptr ? *preferred : *ciphers[0];
  const auto key = key_of((choice & 2) != 0 ? crypto::SrtpProfile::kAeadAes128Gcm
                                            : crypto::SrtpProfile::kAes128CmSha1_80);
  const uint16_t flip = input.u16();
  const std::span<const uint8_t> packet = input.rest();
  for (const Kind& kind : kKinds) {
    srtp::InboundContext context(cipher, key);
    Bytes stranger(packet.begin(), packet.end());
    fuzz::expect((context.*kind.unprotect)(stranger).result != srtp::Result::kOk);
    expect_round_trip(cipher, key, kind, packet, flip);
  }
  return 0;
}
