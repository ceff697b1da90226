// Both contexts against each other, with every cipher and profile.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/byte_writer.h"
#include "srtp/inbound_context.h"
#include "srtp/outbound_context.h"
#include "testing/allocations.h"
#include "testing/seeded_random.h"

namespace {

using crypto::SrtpProfile;
using srtp::Result;
using testing_support::SeededRandom;
using Packet = std::vector<uint8_t>;

crypto::SrtpMasterKey master_key(SrtpProfile profile, uint64_t seed = 7) {
  SeededRandom random(seed);
  crypto::SrtpMasterKey key;
  key.profile = profile;
  random.fill(key.key);
  random.fill(std::span(key.salt).first(crypto::srtp_salt_size(profile)));
  return key;
}

Packet rtp_header(uint32_t ssrc, uint16_t sequence, bool with_extension = false) {
  Packet header(with_extension ? 24 : 12);
  header[0] = with_extension ? 0x91 : 0x80;  // one CSRC and one extension word
  header[1] = 96;
  base::store_u16(&header[2], sequence);
  base::store_u32(&header[8], ssrc);
  if (with_extension) base::store_u32(&header[16], 0xbede0001);
  return header;
}

Packet rtcp_packet(uint32_t ssrc, size_t size = 28) {
  Packet packet(size, 0x5a);
  packet[0] = 0x80;
  packet[1] = 200;
  base::store_u32(&packet[4], ssrc);
  return packet;
}

struct Case {
  const char* name;
  std::unique_ptr<crypto::SrtpCipher> (*make)();
  SrtpProfile profile;
};

class Contexts : public ::testing::TestWithParam<Case> {
 protected:
  Packet protect_rtp(const Packet& header, const Packet& payload, const Packet& prefix = {}) {
    Packet out(header.size() + prefix.size() + payload.size() + crypto::kMaxSrtpOverhead);
    crypto::ProtectJob job;
    if (!outbound.prepare_rtp(header, prefix, payload, out.data(), job)) return {};
    cipher->protect({&job, 1});
    out.resize(job.output_size());
    return out;
  }
  Packet protect_rtcp(const Packet& packet) {
    Packet out(packet.size() + crypto::kMaxSrtcpOverhead);
    crypto::ProtectJob job;
    if (!outbound.prepare_rtcp(packet, out.data(), job)) return {};
    cipher->protect({&job, 1});
    out.resize(job.output_size());
    return out;
  }
  Result receive_rtp(Packet packet) { return inbound.unprotect_rtp(packet).result; }
  Result receive_rtcp(Packet packet) { return inbound.unprotect_rtcp(packet).result; }

  std::unique_ptr<crypto::SrtpCipher> cipher = GetParam().make();
  srtp::OutboundContext outbound{*cipher, master_key(GetParam().profile)};
  srtp::InboundContext inbound{*cipher, master_key(GetParam().profile)};
};

INSTANTIATE_TEST_SUITE_P(
    , Contexts,
    ::testing::Values(
        Case{"OpensslGcm", crypto::make_openssl_srtp_cipher, SrtpProfile::kAeadAes128Gcm},
        Case{"OpensslCm", crypto::make_openssl_srtp_cipher, SrtpProfile::kAes128CmSha1_80},
        Case{"FastestGcm", crypto::make_srtp_cipher, SrtpProfile::kAeadAes128Gcm},
        Case{"FastestCm", crypto::make_srtp_cipher, SrtpProfile::kAes128CmSha1_80}),
    [](const auto& with) { return with.param.name; });

Packet joined(const Packet& a, const Packet& b) {
  Packet all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

TEST_P(Contexts, RtpRoundTrip) {  // [SRTP-1]
  uint16_t sequence = 0;
  for (const bool extension : {false, true}) {
    for (const size_t size : {0u, 1u, 15u, 16u, 17u, 160u, 1200u}) {
      const Packet header = rtp_header(1, ++sequence, extension);
      const Packet payload(size, 0xab);
      Packet packet = protect_rtp(header, payload);
      ASSERT_EQ(packet.size(), header.size() + size + crypto::srtp_tag_size(GetParam().profile));
      EXPECT_TRUE(std::equal(header.begin(), header.end(), packet.begin()));
      EXPECT_TRUE(size < 15 || std::search(packet.begin(), packet.end(), payload.begin(),
                                           payload.end()) == packet.end());
      const auto plain = inbound.unprotect_rtp(packet);
      ASSERT_EQ(plain.result, Result::kOk);
      EXPECT_EQ(plain.index, sequence);
      EXPECT_TRUE(std::ranges::equal(plain.packet, joined(header, payload)));
    }
  }
}

TEST_P(Contexts, APrefixGoesBeforeThePayload) {  // [SRTP-2]
  const Packet header = rtp_header(1, 1, true);
  const Packet prefix{1, 2, 3};
  const Packet payload(1000, 9);
  Packet packet = protect_rtp(header, payload, prefix);
  const auto plain = inbound.unprotect_rtp(packet);
  ASSERT_EQ(plain.result, Result::kOk);
  EXPECT_TRUE(std::ranges::equal(plain.packet, joined(joined(header, prefix), payload)));
}

TEST_P(Contexts, RtcpRoundTrip) {  // [SRTP-8]
  for (uint64_t index = 1; index <= 3; ++index) {
    const Packet plain = rtcp_packet(5, 8 + 4 * index);
    Packet packet = protect_rtcp(plain);
    ASSERT_EQ(packet.size(), plain.size() + 4 + crypto::srtp_tag_size(GetParam().profile));
    const auto received = inbound.unprotect_rtcp(packet);
    ASSERT_EQ(received.result, Result::kOk);
    EXPECT_EQ(received.index, index);
    EXPECT_TRUE(std::ranges::equal(received.packet, plain));
  }
}

TEST_P(Contexts, AcceptsRtcpThatIsAuthenticatedOnly) {  // [SRTP-8]
  const srtp::SessionProtection protection(*cipher, master_key(GetParam().profile),
                                           crypto::SrtpPacketKind::kRtcp);
  const Packet plain = rtcp_packet(5);
  Packet packet(plain.size() + crypto::kMaxSrtcpOverhead);
  crypto::ProtectJob job;
  job.key = &protection.key();
  job.iv = protection.iv(5, 77);
  job.trailer = 77;  // no E flag: everything stays in clear
  job.header = plain;
  job.output = packet.data();
  cipher->protect({&job, 1});
  packet.resize(job.output_size());
  EXPECT_TRUE(std::equal(plain.begin(), plain.end(), packet.begin()));
  Packet changed = packet;
  changed[20] ^= 1;
  EXPECT_EQ(receive_rtcp(changed), Result::kForged);
  const auto received = inbound.unprotect_rtcp(packet);
  ASSERT_EQ(received.result, Result::kOk);
  EXPECT_TRUE(std::ranges::equal(received.packet, plain));
}

TEST_P(Contexts, RefusesEveryReplay) {  // [SRTP-5]
  std::vector<Packet> rtp;
  std::vector<Packet> rtcp;
  for (uint16_t i = 0; i < 1500; ++i) {
    rtp.push_back(protect_rtp(rtp_header(1, static_cast<uint16_t>(65000 + i)), Packet(20)));
    rtcp.push_back(protect_rtcp(rtcp_packet(1)));
    ASSERT_EQ(receive_rtp(rtp.back()), Result::kOk);
    ASSERT_EQ(receive_rtcp(rtcp.back()), Result::kOk);
  }
  for (const Packet& packet : rtp) ASSERT_EQ(receive_rtp(packet), Result::kReplayed);
  for (const Packet& packet : rtcp) ASSERT_EQ(receive_rtcp(packet), Result::kReplayed);
}

// [SRTP-3] A packet with any bit flipped is refused and changes nothing: the true one still fits.
TEST_P(Contexts, RefusesEveryFlippedBit) {
  const Packet packet = protect_rtp(rtp_header(1, 100, true), Packet(9, 3));
  for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Packet changed = packet;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_NE(receive_rtp(changed), Result::kOk) << bit;
  }
  EXPECT_EQ(receive_rtp(packet), Result::kOk);
  const Packet report = protect_rtcp(rtcp_packet(1, 12));
  for (size_t bit = 0; bit < report.size() * 8; ++bit) {
    Packet changed = report;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_NE(receive_rtcp(changed), Result::kOk) << bit;
  }
  EXPECT_EQ(receive_rtcp(report), Result::kOk);
}

// [SRTP-6] D-11. The copies are exactly as long as the packet, so that a sanitizer sees any read
// beyond.
TEST_P(Contexts, RefusesEveryShortPacket) {
  const Packet rtp = protect_rtp(rtp_header(1, 1, true), Packet(3));
  const Packet rtcp = protect_rtcp(rtcp_packet(1, 12));
  for (size_t size = 0; size < rtp.size(); ++size) {
    ASSERT_NE(receive_rtp({rtp.begin(), rtp.begin() + static_cast<long>(size)}), Result::kOk);
  }
  for (size_t size = 0; size < rtcp.size(); ++size) {
    ASSERT_NE(receive_rtcp({rtcp.begin(), rtcp.begin() + static_cast<long>(size)}), Result::kOk);
  }
  EXPECT_EQ(receive_rtp(Packet(11, 0x80)), Result::kShort);
  EXPECT_EQ(receive_rtp(Packet(12 + 9, 0x80)), Result::kShort);
  EXPECT_EQ(receive_rtp(Packet(200, 0x9f)), Result::kShort);  // extension longer than the packet
  EXPECT_EQ(receive_rtcp(Packet(8 + 4 + 9, 0x80)), Result::kShort);
  EXPECT_EQ(receive_rtp(Packet(100, 0x40)), Result::kShort);  // version 1
}

// [SRTP-4] From many starts, across the rollover, with losses of up to 2^15 - 1 and packets that
// arrive late by less than the window: nothing is refused.
TEST_P(Contexts, NeverRefusesGoodPacketsAroundTheRollover) {
  uint32_t ssrc = 100;
  for (const uint32_t start : {0u, 1u, 0x7ffeu, 0x7fffu, 0x8000u, 0xfffeu, 0xffffu}) {
    SeededRandom random(start);
    ++ssrc;
    uint64_t next = start;
    bool jumped = true;  // a packet right behind a jump is not also late
    std::vector<Packet> late;
    for (int i = 0; i < 300; ++i) {
      const Packet packet = protect_rtp(rtp_header(ssrc, static_cast<uint16_t>(next)), Packet(4));
      ASSERT_FALSE(packet.empty());
      if (!jumped && random.chance(20)) {
        late.push_back(packet);
      } else {
        ASSERT_EQ(receive_rtp(packet), Result::kOk) << start << " step " << i;
      }
      if (late.size() == 8) {
        for (const Packet& one : late) ASSERT_EQ(receive_rtp(one), Result::kOk) << start;
        late.clear();
      }
      jumped = late.empty() && random.chance(10);
      next += jumped ? 0x7fff : 1 + random.below(3);
    }
  }
}

TEST_P(Contexts, SsrcsAreBoundedAndAppearOnlyWhenAuthentic) {  // [SRTP-7]
  for (uint32_t ssrc = 0; ssrc < 2000; ++ssrc) {
    Packet forged = joined(rtp_header(ssrc, 1), Packet(40, 7));
    ASSERT_EQ(receive_rtp(forged), Result::kForged);
  }
  for (uint32_t ssrc = 0; ssrc < srtp::kMaxInboundSsrcs; ++ssrc) {
    ASSERT_EQ(receive_rtp(protect_rtp(rtp_header(ssrc, 1), Packet(4))), Result::kOk);
  }
  srtp::OutboundContext another(*cipher, master_key(GetParam().profile));
  Packet packet(100);
  crypto::ProtectJob job;
  const Packet header = rtp_header(99999, 1);
  ASSERT_TRUE(another.prepare_rtp(header, {}, {}, packet.data(), job));
  cipher->protect({&job, 1});
  packet.resize(job.output_size());
  EXPECT_EQ(receive_rtp(packet), Result::kTooManySsrcs);
  EXPECT_FALSE(outbound.prepare_rtp(header, {}, {}, packet.data(), job));
}

TEST_P(Contexts, NeverUsesANonceTwice) {  // [SRTP-9]
  EXPECT_FALSE(protect_rtp(rtp_header(1, 10), Packet(4)).empty());
  EXPECT_FALSE(protect_rtp(rtp_header(1, 8), Packet(4)).empty());
  EXPECT_TRUE(protect_rtp(rtp_header(1, 10), Packet(4)).empty());
  EXPECT_TRUE(protect_rtp(rtp_header(1, 8), Packet(4)).empty());
  EXPECT_TRUE(protect_rtp({0x80, 96}, Packet(4)).empty());
  EXPECT_TRUE(protect_rtcp(Packet(7, 0x80)).empty());
}

TEST_P(Contexts, AnotherKeyFitsNothing) {  // [SRTP-3]
  srtp::InboundContext other(*cipher, master_key(GetParam().profile, 8));
  Packet rtp = protect_rtp(rtp_header(1, 1), Packet(50));
  Packet rtcp = protect_rtcp(rtcp_packet(1));
  EXPECT_EQ(other.unprotect_rtp(rtp).result, Result::kForged);
  EXPECT_EQ(other.unprotect_rtcp(rtcp).result, Result::kForged);
}

TEST_P(Contexts, AllocateNothingPerPacket) {  // [SRTP-11]
  const Packet payload(1000, 5);
  const Packet report = rtcp_packet(1);
  Packet header = rtp_header(1, 0);
  Packet out(1200);
  crypto::ProtectJob job;
  uint64_t before = 0;
  for (uint16_t sequence = 0; sequence < 100; ++sequence) {
    if (sequence == 10) before = testing_support::allocations();
    base::store_u16(&header[2], sequence);
    ASSERT_TRUE(outbound.prepare_rtp(header, {}, payload, out.data(), job));
    cipher->protect({&job, 1});
    const auto rtp = inbound.unprotect_rtp(std::span(out).first(job.output_size()));
    ASSERT_EQ(rtp.result, Result::kOk);
    ASSERT_TRUE(outbound.prepare_rtcp(report, out.data(), job));
    cipher->protect({&job, 1});
    const auto rtcp = inbound.unprotect_rtcp(std::span(out).first(job.output_size()));
    ASSERT_EQ(rtcp.result, Result::kOk);
  }
  EXPECT_EQ(testing_support::allocations(), before);
}

// [SRTP-2] One batch of many associations, of both profiles and kinds, longer than any burst, gives
// what OpenSSL gives packet by packet.
TEST(SrtpBatch, MixedBatchesGiveTheSameBytes) {
  SeededRandom random(1);
  const auto slow = crypto::make_openssl_srtp_cipher();
  const auto fast = crypto::make_srtp_cipher();
  std::vector<std::unique_ptr<srtp::OutboundContext>> slow_contexts;
  std::vector<std::unique_ptr<srtp::OutboundContext>> fast_contexts;
  for (uint64_t i = 0; i < 40; ++i) {
    const auto key =
        master_key(i % 3 == 0 ? SrtpProfile::kAeadAes128Gcm : SrtpProfile::kAes128CmSha1_80, i);
    slow_contexts.push_back(std::make_unique<srtp::OutboundContext>(*slow, key));
    fast_contexts.push_back(std::make_unique<srtp::OutboundContext>(*fast, key));
  }
  constexpr size_t kJobs = 700;
  std::vector<Packet> headers(kJobs), prefixes(kJobs), payloads(kJobs);
  std::vector<Packet> expected(kJobs, Packet(1600)), actual(kJobs, Packet(1600));
  std::vector<crypto::ProtectJob> slow_jobs(kJobs), fast_jobs(kJobs);
  for (size_t i = 0; i < kJobs; ++i) {
    headers[i] = rtp_header(1, static_cast<uint16_t>(i), random.chance(50));
    prefixes[i].resize(random.chance(30) ? random.below(9) : 0, 0x11);
    payloads[i].resize(random.chance(5) ? 0 : random.below(1400));
    random.fill(payloads[i]);
    auto& slow_context = *slow_contexts[i % 40];
    auto& fast_context = *fast_contexts[i % 40];
    if (random.chance(10)) {
      payloads[i] = rtcp_packet(3, 8 + payloads[i].size() / 4 * 4);
      ASSERT_TRUE(slow_context.prepare_rtcp(payloads[i], expected[i].data(), slow_jobs[i]));
      ASSERT_TRUE(fast_context.prepare_rtcp(payloads[i], actual[i].data(), fast_jobs[i]));
    } else {
      ASSERT_TRUE(slow_context.prepare_rtp(headers[i], prefixes[i], payloads[i], expected[i].data(),
                                           slow_jobs[i]));
      ASSERT_TRUE(fast_context.prepare_rtp(headers[i], prefixes[i], payloads[i], actual[i].data(),
                                           fast_jobs[i]));
    }
  }
  slow->protect(slow_jobs);
  fast->protect(fast_jobs);
  for (size_t i = 0; i < kJobs; ++i) {
    ASSERT_EQ(slow_jobs[i].output_size(), fast_jobs[i].output_size());
    expected[i].resize(slow_jobs[i].output_size());
    actual[i].resize(expected[i].size());
    ASSERT_EQ(expected[i], actual[i]) << i;
  }
}

}  // namespace
