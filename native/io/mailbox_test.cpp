// The three meeting points of a shard's thread and JavaScript's. Run under ThreadSanitizer too.
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "engine/contract.gen.h"
#include "io/command_inbox.h"
#include "io/event_outbox.h"
#include "io/stats_exchange.h"

namespace io {
namespace {

bool is_readable(const CommandInbox& inbox, int timeout_ms = 0) {
  pollfd state{inbox.descriptor(), POLLIN, 0};
  return poll(&state, 1, timeout_ms) == 1;
}

TEST(IoCommandInbox, IsReadableWhileSomethingWaits) {
  CommandInbox inbox;
  Requests requests;
  EXPECT_FALSE(is_readable(inbox));
  const std::array<uint8_t, 3> batch = {1, 2, 3};
  inbox.post_batch(batch);
  inbox.post_batch(std::span(batch).first(1));
  inbox.post_stats_request();
  EXPECT_TRUE(is_readable(inbox));
  inbox.take(requests);
  EXPECT_FALSE(is_readable(inbox));
  EXPECT_EQ(requests.bytes, (std::vector<uint8_t>{1, 2, 3, 1}));
  EXPECT_EQ(requests.lengths, (std::vector<size_t>{3, 1}));
  EXPECT_TRUE(requests.stats);
  EXPECT_FALSE(requests.stop);
  inbox.take(requests);
  EXPECT_TRUE(requests.empty());
}

TEST(IoCommandInbox, LosesNothingBetweenThreads) {
  constexpr uint8_t kBatches = 200;
  CommandInbox inbox;
  std::thread poster([&inbox] {
    for (uint8_t i = 0; i < kBatches; ++i) inbox.post_batch({&i, 1});
    inbox.post_stop();
  });
  std::vector<uint8_t> received;
  Requests requests;
  while (!requests.stop) {
    ASSERT_TRUE(is_readable(inbox, 5000));
    inbox.take(requests);
    received.insert(received.end(), requests.bytes.begin(), requests.bytes.end());
  }
  poster.join();
  ASSERT_EQ(received.size(), kBatches);
  for (uint8_t i = 0; i < kBatches; ++i) EXPECT_EQ(received[i], i);
}

TEST(IoEventOutbox, WakesOncePerFetchAndLosesNoFact) {
  constexpr uint32_t kFacts = 5000;
  std::atomic<uint32_t> wakes = 0;
  EventOutbox outbox([&wakes] {
    ++wakes;
    wakes.notify_one();
  });
  std::thread shard([&outbox] {
    engine::EventBuffer events;
    for (uint32_t i = 0; i < kFacts; ++i) {
      engine::append_frame(events.facts, engine::BatchDoneEvent{i, {}});
      outbox.append(events);
    }
  });
  uint32_t next = 0;
  uint32_t fetches = 0;
  while (next < kFacts) {
    wakes.wait(fetches);
    std::vector<uint8_t> bytes;
    outbox.take(bytes);
    ++fetches;
    engine::ContractReader in(bytes);
    engine::Frame frame;
    engine::BatchDoneEvent done;
    while (engine::decode(in, frame)) {
      ASSERT_TRUE(engine::decode_fields(frame.fields, done));
      ASSERT_EQ(done.batch, next++);
    }
  }
  shard.join();
  EXPECT_EQ(wakes, fetches);
}

TEST(IoStatsExchange, CopyIsStaleAfterCommandsAndAfterAWhile) {
  StatsExchange stats;
  engine::StatsTables tables;
  const base::Instant now{5'000'000};
  EXPECT_TRUE(stats.is_stale(0, now));
  stats.offer(tables, 3, now);
  EXPECT_FALSE(stats.is_stale(3, now));
  EXPECT_TRUE(stats.is_stale(4, now));
  EXPECT_TRUE(stats.is_stale(3, now + StatsExchange::kFreshness));
}

TEST(IoStatsExchange, ReaderGetsTheCopyThatCoversItsCommands) {
  StatsExchange stats;
  const base::Instant now{5'000'000};
  std::thread shard([&] {
    for (uint64_t batches = 0; batches <= 100; ++batches) {
      engine::StatsTables tables;
      tables.shards.assign(1, static_cast<double>(batches));
      stats.offer(tables, batches, now);
    }
  });
  engine::StatsTables read;
  while (read.shards.empty() || read.shards[0] < 100) stats.read(read, 100, now);
  shard.join();
  EXPECT_EQ(read.shards[0], 100);
}

TEST(IoStatsExchange, ReaderOfABusyShardTakesTheLastCopy) {
  StatsExchange stats;
  engine::StatsTables tables;
  tables.shards = {42};
  stats.offer(tables, 1, {});
  engine::StatsTables read;
  stats.read(read, 2, {});
  EXPECT_EQ(read.shards, std::vector<double>{42});
}

}  // namespace
}  // namespace io
