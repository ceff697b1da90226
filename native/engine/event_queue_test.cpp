#include "engine/event_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "engine/contract.gen.h"

namespace engine {
namespace {

void add_fact(EventBuffer& events, uint32_t batch) {
  append_frame(events.facts, BatchDoneEvent{batch, {}});
}

void add_reading(EventBuffer& events, uint32_t room, uint32_t speaker) {
  append_frame(events.readings, AudioLevelsEvent{{room, 0, 0}, {speaker, 0, 0}, {}});
}

struct Taken {
  std::vector<uint32_t> batches;
  std::vector<uint32_t> speakers;
};

Taken take(EventQueue& queue) {
  std::vector<uint8_t> bytes;
  queue.take(bytes);
  Taken taken;
  ContractReader in(bytes);
  Frame frame;
  while (decode(in, frame)) {
    BatchDoneEvent done;
    AudioLevelsEvent levels;
    if (frame.type == static_cast<uint16_t>(EventType::kBatchDone)) {
      EXPECT_TRUE(decode_fields(frame.fields, done));
      taken.batches.push_back(done.batch);
    } else {
      EXPECT_TRUE(decode_fields(frame.fields, levels));
      taken.speakers.push_back(levels.dominant.index);
    }
  }
  return taken;
}

TEST(EventQueue, KeepsEveryFactInOrder) {
  EventQueue queue;
  EventBuffer events;
  for (uint32_t batch = 0; batch < 1000; ++batch) {
    add_fact(events, batch);
    if (batch % 3 == 0) queue.append(events);
  }
  queue.append(events);
  const Taken taken = take(queue);
  ASSERT_EQ(taken.batches.size(), 1000u);
  for (uint32_t batch = 0; batch < 1000; ++batch) EXPECT_EQ(taken.batches[batch], batch);
}

TEST(EventQueue, KeepsTheLatestReadingOfEachRoom) {
  EventQueue queue;
  EventBuffer events;
  for (uint32_t speaker = 0; speaker < 50; ++speaker) {
    add_reading(events, 1, speaker);
    add_reading(events, 2, speaker + 100);
    queue.append(events);
  }
  EXPECT_EQ(take(queue).speakers, (std::vector<uint32_t>{49, 149}));
  EXPECT_TRUE(take(queue).speakers.empty());
}

TEST(EventQueue, AsksForAWakeOnlyWhenItWasEmpty) {
  EventQueue queue;
  EventBuffer events;
  EXPECT_FALSE(queue.append(events));
  add_reading(events, 1, 1);
  EXPECT_TRUE(queue.append(events));
  add_fact(events, 1);
  EXPECT_FALSE(queue.append(events));
  EXPECT_TRUE(events.empty());
  take(queue);
  add_fact(events, 2);
  EXPECT_TRUE(queue.append(events));
}

// Feedback waits in order up to its bound; the overflow is counted, and what came first stays.
TEST(EventQueue, BoundsFeedback) {
  EventQueue queue;
  EventBuffer events;
  const std::vector<double> column(5000);
  constexpr size_t kOffered = 500;
  for (size_t i = 0; i < kOffered; ++i) {
    append_frame(events.feedback, CongestionFeedbackEvent{.transport = {1, 0, 0},
                                                          .feedback_us = static_cast<double>(i),
                                                          .sequences = List<double>(column)});
    queue.append(events);
  }
  std::vector<uint8_t> bytes;
  queue.take(bytes);
  EXPECT_LE(bytes.size(), kMaxFeedbackBytes);
  ContractReader in(bytes);
  Frame frame;
  size_t taken = 0;
  while (decode(in, frame)) {
    CongestionFeedbackEvent event;
    ASSERT_TRUE(decode_fields(frame.fields, event));
    EXPECT_EQ(event.feedback_us, static_cast<double>(taken++));
  }
  EXPECT_GT(taken, 300u);
  EXPECT_EQ(taken + queue.dropped(), kOffered);
  EXPECT_TRUE(queue.empty());
}

// [TAP-7]: the fact that a tap has ended comes behind its packets.
TEST(EventQueue, GivesPacketsBeforeFacts) {
  EventQueue queue;
  EventBuffer events;
  add_fact(events, 1);
  append_frame(events.packets, TappedPacketEvent{.subscription = {7, 0, 0}, .sequence = 1});
  EXPECT_TRUE(queue.append(events));
  std::vector<uint8_t> bytes;
  queue.take(bytes);
  ContractReader in(bytes);
  Frame frame;
  std::vector<EventType> types;
  while (decode(in, frame)) types.push_back(static_cast<EventType>(frame.type));
  EXPECT_EQ(types, (std::vector{EventType::kTappedPacket, EventType::kBatchDone}));
}

// [TAP-10]: what finds no room is told to the tap that it was for, once.
TEST(EventQueue, BoundsPackets) {
  EventQueue queue;
  EventBuffer events;
  const std::vector<uint8_t> payload(1200);
  constexpr uint32_t kOffered = 60'000;
  for (uint32_t i = 0; i < kOffered; ++i) {
    append_frame(events.packets, TappedPacketEvent{.subscription = {i % 2, 0, 0},
                                                   .sequence = static_cast<double>(i / 2),
                                                   .payload = payload});
    if (i % 10 == 9) queue.append(events);
  }
  std::vector<uint8_t> bytes;
  queue.take(bytes);
  EXPECT_LE(bytes.size(), kMaxTappedBytes + 100);
  std::array<uint32_t, 2> taken{};
  std::array<uint32_t, 2> lost{};
  ContractReader in(bytes);
  Frame frame;
  while (decode(in, frame)) {
    TappedPacketEvent packet;
    TapOverflowEvent overflow;
    if (decode_fields(frame.fields, packet)) {
      ASSERT_EQ(packet.sequence, static_cast<double>(taken[packet.subscription.index]++));
    } else {
      ASSERT_TRUE(decode_fields(frame.fields, overflow));
      lost[overflow.subscription.index] += overflow.packets;
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_GT(taken[i], 13'000u);
    EXPECT_EQ(taken[i] + lost[i], kOffered / 2);
  }
  EXPECT_EQ(queue.dropped(), lost[0] + lost[1]);
  EXPECT_TRUE(queue.empty());
  bytes.clear();
  queue.take(bytes);
  EXPECT_TRUE(bytes.empty());
}

}  // namespace
}  // namespace engine
