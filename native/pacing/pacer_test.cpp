#include "pacing/pacer.h"

#include <gtest/gtest.h>

#include <vector>

#include "pacing/transport_sequencer.h"

namespace pacing {
namespace {

wire::OutPacket packet(wire::MediaKind kind, bool retransmission, uint16_t sequence) {
  wire::OutPacket made;
  made.kind = kind;
  made.is_retransmission = retransmission;
  made.header.sequence = sequence;
  return made;
}

std::vector<uint16_t> release_all(Pacer& pacer) {
  std::vector<uint16_t> sequences;
  wire::OutPacket released;
  while (pacer.release({}, released)) sequences.push_back(released.header.sequence);
  return sequences;
}

uint16_t pop(PacketQueue& queue) {
  wire::OutPacket popped;
  queue.pop(popped);
  return popped.header.sequence;
}

// [PACE-1]
TEST(Pacer, AudioThenRetransmissionsThenVideo) {
  Pacer pacer;
  using enum wire::MediaKind;
  pacer.enqueue(packet(kVideo, false, 1));
  pacer.enqueue(packet(kVideo, true, 2));
  pacer.enqueue(packet(kAudio, false, 3));
  pacer.enqueue(packet(kVideo, false, 4));
  pacer.enqueue(packet(kAudio, true, 5));
  EXPECT_EQ(pacer.size(), 5u);
  EXPECT_EQ(release_all(pacer), (std::vector<uint16_t>{3, 5, 2, 1, 4}));
}

// [PACE-2]
TEST(Pacer, RefusesMoreThanItsBound) {
  Pacer pacer;
  for (size_t i = 0; i < kMaxQueuedPackets; ++i) {
    EXPECT_TRUE(pacer.enqueue(packet(wire::MediaKind::kVideo, false, 1)));
  }
  EXPECT_FALSE(pacer.enqueue(packet(wire::MediaKind::kVideo, false, 2)));
  EXPECT_TRUE(pacer.enqueue(packet(wire::MediaKind::kAudio, false, 3)));
}

// [PACE-3]
TEST(Pacer, IsDueAtOnceWhileItHoldsSomething) {
  Pacer pacer;
  EXPECT_TRUE(pacer.next_deadline().is_never());
  pacer.enqueue(packet(wire::MediaKind::kVideo, false, 1));
  EXPECT_EQ(pacer.next_deadline(), base::Instant{});
  pacer.clear();
  EXPECT_TRUE(pacer.next_deadline().is_never());
}

TEST(PacketQueue, KeepsOrderWhileItGrowsAndWraps) {
  PacketQueue queue;
  uint16_t in = 0;
  uint16_t out = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < round; ++i) {
      ASSERT_TRUE(queue.push(packet(wire::MediaKind::kVideo, false, in++)));
    }
    for (int i = 0; i < round - 1; ++i) ASSERT_EQ(pop(queue), out++);
  }
  while (!queue.empty()) ASSERT_EQ(pop(queue), out++);
  EXPECT_EQ(in, out);
}

TEST(PacketQueue, ReleasesItsBuffers) {
  base::PacketPool pool(0, 64);
  PacketQueue queue;
  for (int i = 0; i < 10; ++i) {
    wire::OutPacket made = packet(wire::MediaKind::kVideo, false, 1);
    made.source = pool.acquire();
    queue.push(std::move(made));
  }
  pop(queue);
  EXPECT_EQ(pool.blocks_in_use(), 9u);
  queue.clear();
  EXPECT_EQ(pool.blocks_in_use(), 0u);
}

// [NUM-1]
TEST(TransportSequencer, Counts) {
  TransportSequencer sequencer;
  EXPECT_EQ(sequencer.last(), -1);
  for (int64_t i = 0; i < 70000; ++i) ASSERT_EQ(sequencer.take(), i);
  EXPECT_EQ(sequencer.last(), 69999);
}

}  // namespace
}  // namespace pacing
