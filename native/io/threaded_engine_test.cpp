// Shards on their threads: commands, packets, statistics and the end. Run under ThreadSanitizer
// too.
#include "io/threaded_engine.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "engine/contract.gen.h"
#include "io/engine_harness.h"
#include "io/send_batch.h"

namespace io {
namespace {

constexpr size_t kShards = 2;

engine::DriverConfig loopback(const std::string& ip = "127.0.0.1", uint16_t port = 0) {
  engine::DriverConfig config;
  config.shards = kShards;
  config.listen = {{*base::SocketAddress::parse(ip, port)}};
  return config;
}

std::vector<uint8_t> room_batch(uint32_t batch, uint16_t shard, uint32_t rooms) {
  std::vector<uint8_t> bytes;
  engine::ContractWriter out(bytes);
  engine::encode(out, engine::BatchHead{batch, static_cast<uint16_t>(rooms)});
  for (uint32_t i = 0; i < rooms; ++i) {
    engine::append_frame(
        bytes, engine::RoomCreateCommand{{batch * 100 + i, 0, shard}, 200, 0, false, true});
  }
  return bytes;
}

// A peer that sends garbage to the engine.
class Noise {
 public:
  Noise() {
    int error = 0;
    sockets_.push_back(*UdpSocket::bind_to(*base::SocketAddress::parse("127.0.0.1", 0), error));
  }

  void send(const base::SocketAddress& to, size_t packets) {
    slab_.reset();
    for (size_t i = 0; i < packets; ++i) {
      const std::span<uint8_t> space = slab_.reserve(100);
      std::fill(space.begin(), space.end(), uint8_t{0xff});  // no protocol of RFC 7983
      slab_.commit({sockets_[0].local(), to}, space.size(), 0);
    }
    batch_.send(sockets_, slab_.transmits());
  }

 private:
  std::vector<UdpSocket> sockets_;
  transport::SendSlab slab_;
  SendBatch batch_;
};

TEST(IoThreadedEngine, AnswersEachBatchOnce) {
  Harness harness(loopback());
  ASSERT_TRUE(harness.has_started()) << harness.error();
  constexpr uint32_t kBatches = 100;
  for (uint32_t batch = 0; batch < kBatches; ++batch) {
    const auto shard = static_cast<uint16_t>(batch % kShards);
    harness.engine().submit(shard, room_batch(batch, shard, 2));
  }
  std::array<uint32_t, kShards> next = {0, 1};
  for (uint32_t answered = 0; answered < kBatches;) {
    const std::vector<uint32_t> batches = harness.await_batches();
    ASSERT_FALSE(batches.empty());
    for (const uint32_t batch : batches) {
      EXPECT_EQ(batch, next[batch % kShards]);  // in order within a shard
      next[batch % kShards] += kShards;
      ++answered;
    }
  }
}

TEST(IoThreadedEngine, CountsWhatArrivesOnEachShard) {
  Harness harness(loopback());
  ASSERT_TRUE(harness.has_started()) << harness.error();
  ASSERT_EQ(harness.engine().addresses().size(), kShards);
  Noise noise;
  noise.send(harness.engine().addresses()[0].address, 300);
  noise.send(harness.engine().addresses()[1].address, 10);
  // The batch was posted after the packets had arrived: its answer comes after they were read, as
  // far as one turn of the loop goes (256 packets).
  for (const uint16_t shard : {uint16_t{0}, uint16_t{1}}) {
    for (const uint32_t batch : {1, 2}) {
      harness.engine().submit(shard, room_batch(batch, shard, 1));
      ASSERT_FALSE(harness.await_batches().empty());
    }
  }
  const std::vector<engine::ShardStats> stats = harness.read_stats();
  EXPECT_EQ(stats[0].packets_received, 300);
  EXPECT_EQ(stats[0].bytes_received, 30000);
  EXPECT_EQ(stats[0].dropped_unknown_protocol, 300);
  EXPECT_EQ(stats[1].packets_received, 10);
  EXPECT_GE(stats[0].receive_calls, 5);
  EXPECT_GT(stats[0].cpu_us, 0);
  EXPECT_EQ(stats[0].kernel_drops, 0);
}

TEST(IoThreadedEngine, StopsWhileBusy) {
  for (int round = 0; round < 20; ++round) {
    Harness harness(loopback());
    ASSERT_TRUE(harness.has_started()) << harness.error();
    Noise noise;
    for (const engine::BoundAddress& bound : harness.engine().addresses()) {
      noise.send(bound.address, 200);
    }
    for (uint32_t batch = 0; batch < 10; ++batch) {
      const auto shard = static_cast<uint16_t>(batch % kShards);
      harness.engine().submit(shard, room_batch(batch, shard, 1));
    }
    harness.read_stats();
    harness.engine().close();
    harness.engine().close();
  }
}

TEST(IoThreadedEngine, GivesEachShardItsPortInBothFamilies) {
  engine::DriverConfig config = loopback();
  config.listen.push_back({*base::SocketAddress::parse("::1", 0)});
  Harness first(config);
  ASSERT_TRUE(first.has_started()) << first.error();
  EXPECT_EQ(first.engine().addresses().size(), 2 * kShards);
  // Shard 1 of this one would listen on a port that is taken.
  const uint16_t taken = first.engine().addresses()[0].address.port;
  Harness second(loopback("127.0.0.1", static_cast<uint16_t>(taken - 1)));
  EXPECT_FALSE(second.has_started());
  EXPECT_NE(second.error().find("in use"), std::string::npos) << second.error();
}

TEST(IoUdpSocket, OfTheSameHostAcceptsItsOwnAddressOnly) {
  const auto local = *base::SocketAddress::parse("127.0.0.1", 0);
  int error = 0;
  const auto open = UdpSocket::bind_to(local, error);
  const auto closed = UdpSocket::bind_to(local, error, true);
  ASSERT_TRUE(open && closed);
  EXPECT_TRUE(open->accepts(*base::SocketAddress::parse("127.0.0.2", 9)));
  EXPECT_TRUE(closed->accepts(*base::SocketAddress::parse("127.0.0.1", 9)));
  EXPECT_FALSE(closed->accepts(*base::SocketAddress::parse("127.0.0.2", 9)));
}

}  // namespace
}  // namespace io
