// Protection: batches of packets that all have different keys, as one frame for many subscribers.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/byte_writer.h"
#include "crypto/srtp_cipher.h"
#include "load/fixed_keys.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"

namespace {

using crypto::SrtpProfile;

constexpr size_t kPacket = 1200;
constexpr size_t kHeader = 20;
constexpr size_t kSlot = 1536;
constexpr uint32_t kSsrc = 0x1234;

struct Cipher {
  std::unique_ptr<crypto::SrtpCipher> (*make)();
};

std::unique_ptr<crypto::SrtpCipher> cipher_or_skip(benchmark::State& state, const Cipher& kind) {
  auto cipher = kind.make();
  if (cipher == nullptr) state.SkipWithError("ipsec-mb does not work on this processor");
  return cipher;
}

std::array<uint8_t, kHeader> header_of(uint16_t sequence) {
  std::array<uint8_t, kHeader> header{0x90, 96};
  base::store_u16(&header[2], sequence);
  base::store_u32(&header[8], kSsrc);
  header[12] = 0xbe;
  header[13] = 0xde;
  header[15] = 1;
  return header;
}

void protect(benchmark::State& state, Cipher kind, SrtpProfile profile) {
  const auto cipher = cipher_or_skip(state, kind);
  if (cipher == nullptr) return;
  const auto batch = static_cast<size_t>(state.range(0));
  std::vector<srtp::SessionProtection> keys;
  for (size_t i = 0; i < batch; ++i) {
    keys.emplace_back(*cipher, load::fixed_key(profile, load::KeyUse::kFromIdeal, i),
                      crypto::SrtpPacketKind::kRtp);
  }
  const std::array<uint8_t, kHeader> header = header_of(1);
  const std::vector<uint8_t> payload(kPacket - kHeader, 0x5a);
  std::vector<uint8_t> slab(batch * kSlot);
  std::vector<crypto::ProtectJob> jobs(batch);
  uint64_t index = 0;
  for (auto _ : state) {
    ++index;
    for (size_t i = 0; i < batch; ++i) {
      jobs[i].key = &keys[i].key();
      jobs[i].iv = keys[i].iv(kSsrc, index);
      jobs[i].header = header;
      jobs[i].payload = payload;
      jobs[i].output = &slab[i * kSlot];
    }
    cipher->protect(jobs);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * batch));
}

// Packets of one publisher, one after the other: verified, decrypted, replays refused.
void unprotect(benchmark::State& state, Cipher kind, SrtpProfile profile) {
  constexpr size_t kAhead = 256;
  const auto cipher = cipher_or_skip(state, kind);
  if (cipher == nullptr) return;
  const auto key = load::fixed_key(profile, load::KeyUse::kPlainUp, 0);
  srtp::OutboundContext out(*cipher, key);
  srtp::InboundContext in(*cipher, key);
  const std::vector<uint8_t> payload(kPacket - kHeader, 0x5a);
  std::vector<uint8_t> slab(kAhead * kSlot);
  std::array<std::array<uint8_t, kHeader>, kAhead> headers;
  std::array<crypto::ProtectJob, kAhead> jobs;
  uint16_t sequence = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < kAhead; ++i) {
      headers[i] = header_of(sequence++);
      out.prepare_rtp(headers[i], {}, payload, &slab[i * kSlot], jobs[i]);
    }
    cipher->protect(jobs);
    state.ResumeTiming();
    for (const crypto::ProtectJob& job : jobs) {
      if (in.unprotect_rtp({job.output, job.output_size()}).result != srtp::Result::kOk) {
        return state.SkipWithError("a packet was refused");
      }
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kAhead));
}

constexpr Cipher kIpsecMb{crypto::make_ipsec_mb_srtp_cipher};
constexpr Cipher kOpenssl{crypto::make_openssl_srtp_cipher};
constexpr auto kGcm = SrtpProfile::kAeadAes128Gcm;
constexpr auto kCm = SrtpProfile::kAes128CmSha1_80;

BENCHMARK_CAPTURE(protect, gcm_ipsec_mb, kIpsecMb, kGcm)->Arg(16)->Arg(64)->Arg(128);
BENCHMARK_CAPTURE(protect, gcm_openssl, kOpenssl, kGcm)->Arg(16)->Arg(64)->Arg(128);
BENCHMARK_CAPTURE(protect, cm_ipsec_mb, kIpsecMb, kCm)->Arg(16)->Arg(64)->Arg(128);
BENCHMARK_CAPTURE(protect, cm_openssl, kOpenssl, kCm)->Arg(16)->Arg(64)->Arg(128);
BENCHMARK_CAPTURE(unprotect, gcm_ipsec_mb, kIpsecMb, kGcm);
BENCHMARK_CAPTURE(unprotect, gcm_openssl, kOpenssl, kGcm);
BENCHMARK_CAPTURE(unprotect, cm_ipsec_mb, kIpsecMb, kCm);
BENCHMARK_CAPTURE(unprotect, cm_openssl, kOpenssl, kCm);

}  // namespace
