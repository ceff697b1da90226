#include "pacing/prober.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pacing/pacer.h"

namespace pacing {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{1'000'000'000};

struct Sent {
  Instant at;
  size_t bytes;
  int32_t cluster;
};

// 15 ms of the rate, at least 5 packets (algorithms §1.9.1).
Probe probe_at(uint32_t id, int64_t rate_bps, int64_t span_ms = 15) {
  return {id, rate_bps, 5, static_cast<uint32_t>(rate_bps * span_ms / 8000)};
}

// Runs the prober at its deadlines until it is empty, with packets of `size` bytes.
std::vector<Sent> run(Prober& prober, size_t size, Instant& now) {
  std::vector<Sent> sent;
  while (!prober.empty()) {
    now = std::max(now, prober.next_deadline());
    while (prober.is_due(now)) {
      sent.push_back({now, size, prober.cluster()});
      prober.handle_sent(size, now);
    }
  }
  return sent;
}

std::vector<Sent> of_cluster(const std::vector<Sent>& all, int32_t cluster) {
  std::vector<Sent> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some),
               [cluster](const Sent& it) { return it.cluster == cluster; });
  return some;
}

size_t bytes_of(const std::vector<Sent>& sent) {
  size_t bytes = 0;
  for (const Sent& it : sent) bytes += it.bytes;
  return bytes;
}

// As the estimator of §1.9.3 sees it.
double rate_of(const std::vector<Sent>& sent) {
  const auto span = static_cast<double>((sent.back().at - sent.front().at).us);
  return static_cast<double>(bytes_of(sent) - sent.back().bytes) * 8e6 / span;
}

// [PROBE-1] [PROBE-2] [T1.21]
TEST(Prober, SendsTheAskedBytesAtTheAskedRate) {
  double worst_rate = 0;
  double worst_bytes = 0;
  for (const int64_t rate : {300'000, 900'000, 1'800'000, 3'600'000, 5'000'000, 12'000'000}) {
    for (const size_t size : {224u, 600u, 1200u}) {
      SCOPED_TRACE(testing::Message() << rate << " bit/s in packets of " << size);
      Prober prober;
      Instant now = kStart;
      const Probe probe = probe_at(1, rate);
      prober.add(probe, now);
      EXPECT_EQ(prober.next_deadline(), Instant{});
      const std::vector<Sent> sent = run(prober, size, now);
      EXPECT_EQ(prober.discarded(), 0u);
      EXPECT_GE(sent.size(), 5u);
      EXPECT_GE(bytes_of(sent), probe.min_bytes);
      const double rate_error = std::abs(rate_of(sent) / static_cast<double>(rate) - 1);
      worst_rate = std::max(worst_rate, rate_error);
      EXPECT_LT(rate_error, 0.1);
      const auto wanted = static_cast<double>(std::max<size_t>(probe.min_bytes, 5 * size));
      const double excess = static_cast<double>(bytes_of(sent)) / wanted - 1;
      // One packet more at most: what a packet is of a small cluster is more than 15 %.
      if (static_cast<double>(size) < 0.15 * wanted) EXPECT_LT(excess, 0.15);
      EXPECT_LT(static_cast<double>(bytes_of(sent)) - wanted, static_cast<double>(size));
      worst_bytes = std::max(worst_bytes, excess);
    }
  }
  RecordProperty("conformance",
                 "T1.21 threshold=rate within 10% got=" + std::to_string(worst_rate * 100) + "%");
}

// [PROBE-3] [T1.21]
TEST(Prober, ClustersOfOneCallLeaveBackToBack) {
  Prober prober;
  prober.add(probe_at(1, 900'000), kStart);
  prober.add(probe_at(2, 1'800'000), kStart);
  Instant now = kStart;
  const std::vector<Sent> sent = run(prober, 600, now);
  const std::vector<Sent> first = of_cluster(sent, 1);
  const std::vector<Sent> second = of_cluster(sent, 2);
  ASSERT_EQ(first.size() + second.size(), sent.size());
  EXPECT_GT(second.front().at, first.back().at);
  EXPECT_LE(second.front().at - first.back().at, Duration::millis(6));
  EXPECT_NEAR(rate_of(second), 1'800'000, 180'000);
}

// [PROBE-4]
TEST(Prober, DiscardsAClusterThatIsLate) {
  Prober prober;
  prober.add(probe_at(1, 900'000), kStart);
  prober.add(probe_at(2, 900'000), kStart);
  ASSERT_TRUE(prober.is_due(kStart));
  prober.handle_sent(600, kStart);
  const Instant due = prober.next_deadline();
  EXPECT_TRUE(prober.is_due(due + kMaxProbeDelay));
  EXPECT_EQ(prober.cluster(), 1);
  EXPECT_TRUE(prober.is_due(due + kMaxProbeDelay + Duration::micros(1)));
  EXPECT_EQ(prober.cluster(), 2);
  EXPECT_EQ(prober.discarded(), 1u);
}

// [PROBE-5]
TEST(Prober, KeepsFiveClustersForFiveSeconds) {
  Prober prober;
  for (uint32_t id = 1; id <= 7; ++id) prober.add(probe_at(id, 900'000), kStart);
  EXPECT_TRUE(prober.is_due(kStart));
  EXPECT_EQ(prober.cluster(), 3);
  EXPECT_FALSE(prober.is_due(kStart + kMaxProbeAge + Duration::millis(1)));
  EXPECT_TRUE(prober.empty());
  EXPECT_TRUE(prober.next_deadline().is_never());
  EXPECT_EQ(prober.discarded(), 7u);
}

// [PROBE-6]
TEST(Prober, RemembersWhatItsClustersHadToBring) {
  Prober prober;
  Instant now = kStart;
  for (uint32_t id = 1; id <= 30; ++id) {
    prober.add(probe_at(id, 900'000), now);
    run(prober, 600, now);
  }
  ASSERT_NE(prober.find(30), nullptr);
  EXPECT_EQ(prober.find(30)->min_bytes, 1687u);
  EXPECT_NE(prober.find(15), nullptr);
  EXPECT_EQ(prober.find(1), nullptr);
}

}  // namespace
}  // namespace pacing
