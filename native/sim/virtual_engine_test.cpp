#include "sim/virtual_engine.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "engine/contract.gen.h"

namespace sim {
namespace {

using engine::CommandStatus;

engine::DriverConfig config(size_t shards = 1) {
  engine::DriverConfig config;
  config.shards = shards;
  config.listen = {{*base::SocketAddress::parse("10.0.0.1", 0)}};
  config.seed = 7;
  return config;
}

// Builds one batch and gives back what the engine answers.
class Batch {
 public:
  template <class T>
  Batch& add(const T& command) {
    engine::append_frame(frames_, command);
    ++count_;
    return *this;
  }

  std::vector<CommandStatus> run(VirtualEngine& engine, size_t shard = 0) const {
    std::vector<uint8_t> bytes;
    engine::ContractWriter out(bytes);
    engine::encode(out, engine::BatchHead{9, count_});
    out.put(frames_.data(), frames_.size());
    engine.submit(shard, bytes);
    return statuses(engine);
  }

 private:
  static std::vector<CommandStatus> statuses(VirtualEngine& engine) {
    std::vector<uint8_t> events;
    engine.take_events(events);
    std::vector<CommandStatus> all;
    engine::ContractReader in(events);
    engine::Frame frame;
    int answers = 0;
    while (engine::decode(in, frame)) {
      engine::BatchDoneEvent done;
      if (frame.type != static_cast<uint16_t>(engine::BatchDoneEvent::kType)) continue;
      EXPECT_TRUE(engine::decode_fields(frame.fields, done));
      EXPECT_EQ(done.batch, 9u);
      for (const CommandStatus status : done.statuses) all.push_back(status);
      ++answers;
    }
    EXPECT_EQ(answers, 1);
    return all;
  }

  std::vector<uint8_t> frames_;
  uint16_t count_ = 0;
};

double now_us(VirtualEngine& engine) {
  std::vector<double> document(10'000);
  engine.read_stats(document);
  return document[6 + 1];
}

TEST(VirtualEngine, MixedCommandsGetOneAnswerInOrder) {
  const auto engine = VirtualEngine::start(config(), [] {});
  const base::Instant later = VirtualEngine::kStart + base::Duration::seconds(1);
  const engine::RoomCreateCommand room{{1, 0, 0}, 200, 0, false};
  Batch batch;
  batch.add(room).add(engine::SimAdvanceCommand{later.us}).add(room);
  batch.add(engine::SimAdvanceCommand{0});
  EXPECT_EQ(batch.run(*engine),
            (std::vector{CommandStatus::kOk, CommandStatus::kOk, CommandStatus::kHandleInUse,
                         CommandStatus::kInvalidArgument}));
  EXPECT_EQ(now_us(*engine), static_cast<double>(later.us));
}

TEST(VirtualEngine, TimeMovesForAllShardsTogether) {
  const auto engine = VirtualEngine::start(config(2), [] {});
  const auto later = static_cast<double>(VirtualEngine::kStart.us + 5'000'000);
  Batch().add(engine::SimAdvanceCommand{static_cast<int64_t>(later)}).run(*engine, 1);
  std::vector<double> document(10'000);
  engine->read_stats(document);
  EXPECT_EQ(document[6 + 1], later);
  EXPECT_EQ(document[6 + engine::ShardStats::kLength + 1], later);
}

TEST(VirtualEngine, PacketsNeedAddressesThatAreOnes) {
  const auto engine = VirtualEngine::start(config(), [] {});
  engine::SimPacketInCommand packet;
  packet.local_ip = "10.0.0.1";
  packet.local_port = VirtualEngine::kAnyPort;
  packet.remote_ip = "nowhere";
  EXPECT_EQ(Batch().add(packet).run(*engine), std::vector{CommandStatus::kInvalidArgument});
  packet.remote_ip = "10.0.0.2";
  EXPECT_EQ(Batch().add(packet).run(*engine), std::vector{CommandStatus::kOk});
  const std::vector<uint8_t> oversized(base::kPacketCapacity + 1);
  packet.packet = oversized;
  EXPECT_EQ(Batch().add(packet).run(*engine), std::vector{CommandStatus::kInvalidArgument});
}

TEST(VirtualEngine, WakesOnceUntilEventsAreTaken) {
  int wakes = 0;
  const auto engine = VirtualEngine::start(config(), [&wakes] { ++wakes; });
  std::vector<uint8_t> bytes;
  engine::ContractWriter out(bytes);
  engine::encode(out, engine::BatchHead{9, 0});
  engine->submit(0, bytes);
  engine->submit(0, bytes);
  EXPECT_EQ(wakes, 1);
  std::vector<uint8_t> events;
  engine->take_events(events);
  engine->submit(0, bytes);
  EXPECT_EQ(wakes, 2);
}

TEST(SeededRandom, RepeatsItselfAndDiffersBySeed) {
  SeededRandom a(1);
  SeededRandom b(1);
  SeededRandom c(2);
  std::array<uint8_t, 100> first{};
  std::array<uint8_t, 100> second{};
  std::array<uint8_t, 100> third{};
  a.fill(first);
  b.fill(second);
  c.fill(third);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

}  // namespace
}  // namespace sim
