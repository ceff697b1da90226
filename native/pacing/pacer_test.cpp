#include "pacing/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "pacing/transport_sequencer.h"
#include "testing/seeded_random.h"

namespace pacing {
namespace {

using base::Duration;
using base::Instant;
using wire::MediaKind;

constexpr Instant kStart{1'000'000'000};
constexpr auto kVideo = MediaKind::kVideo;
constexpr auto kAudio = MediaKind::kAudio;

wire::OutPacket packet(MediaKind kind, bool retransmission, uint16_t sequence, uint32_t ssrc = 1,
                       size_t size = 1000) {
  wire::OutPacket made;
  made.kind = kind;
  made.is_retransmission = retransmission;
  made.header.sequence = sequence;
  made.header.ssrc = ssrc;
  made.payload_size = static_cast<uint16_t>(size);
  return made;
}

struct Sent {
  Instant at;
  uint16_t sequence = 0;
  uint32_t ssrc = 0;
  size_t bytes = 0;
  bool padding = false;
  int32_t cluster = -1;
  Duration delay;
};

// A pacer and the transport around it, which runs it exactly at its deadlines.
class PacerRun {
 public:
  explicit PacerRun(PacingRates rates = {}) { pacer.set_rates(rates, kStart); }

  void enqueue(wire::OutPacket&& made) {
    ASSERT_TRUE(pacer.enqueue(std::move(made), now));
    flush();
  }
  void enqueue_frame(size_t bytes, uint32_t ssrc = 1) {
    for (; bytes > 0; bytes -= std::min<size_t>(bytes, 1000)) {
      enqueue(packet(kVideo, false, next_++, ssrc, std::min<size_t>(bytes, 1000)));
    }
  }
  void flush() {
    wire::OutPacket released;
    for (Turn turn = pacer.release(now, released); turn != Turn::kNothing;
         turn = pacer.release(now, released)) {
      const bool padding = turn == Turn::kPadding;
      if (padding && padding_bytes == 0) {
        pacer.refuse_padding();
        continue;
      }
      const size_t bytes = padding ? padding_bytes : released.body_size();
      sent.push_back({now, released.header.sequence, released.header.ssrc, bytes, padding,
                      pacer.cluster(), padding ? Duration{} : pacer.delay()});
      pacer.handle_sent(bytes, now);
    }
  }
  void run_until(Instant end) {
    while (pacer.next_deadline() <= end) {
      now = std::max(now, pacer.next_deadline());
      flush();
      ASSERT_GT(pacer.next_deadline(), now) << "a deadline without progress";
    }
    now = end;
  }
  void run_for(Duration span) { run_until(now + span); }

  std::vector<uint16_t> sequences() const {
    std::vector<uint16_t> list;
    for (const Sent& it : sent) list.push_back(it.sequence);
    return list;
  }
  size_t bytes_sent() const {
    size_t bytes = 0;
    for (const Sent& it : sent) bytes += it.bytes;
    return bytes;
  }

  Pacer pacer;
  Instant now = kStart;
  std::vector<Sent> sent;
  size_t padding_bytes = 0;  // of a packet of padding; 0: there is none

 private:
  uint16_t next_ = 0;
};

// [PACE-1]
TEST(Pacer, AudioThenRetransmissionsThenVideo) {
  PacerRun run;
  run.pacer.enqueue(packet(kVideo, false, 1), kStart);
  run.pacer.enqueue(packet(kVideo, true, 2), kStart);
  run.pacer.enqueue(packet(kAudio, false, 3), kStart);
  run.pacer.enqueue(packet(kVideo, false, 4), kStart);
  run.pacer.enqueue(packet(kAudio, true, 5), kStart);
  EXPECT_EQ(run.pacer.size(), 5u);
  run.flush();
  EXPECT_EQ(run.sequences(), (std::vector<uint16_t>{3, 5, 2, 1, 4}));
}

// [PACE-2]
TEST(Pacer, RefusesMoreThanItsBound) {
  Pacer pacer;
  for (size_t i = 0; i < kMaxQueuedPackets; ++i) {
    EXPECT_TRUE(pacer.enqueue(packet(kVideo, false, 1), kStart));
  }
  EXPECT_FALSE(pacer.enqueue(packet(kVideo, false, 2), kStart));
  EXPECT_TRUE(pacer.enqueue(packet(kAudio, false, 3), kStart));
}

// [PACE-3]
TEST(Pacer, IsDueAtOnceWhileUnpaced) {
  Pacer pacer;
  EXPECT_TRUE(pacer.next_deadline().is_never());
  EXPECT_EQ(pacer.deadline_reason(), PacerReason::kNothing);
  for (int i = 0; i < 1000; ++i) pacer.enqueue(packet(kVideo, false, 1), kStart);
  EXPECT_EQ(pacer.next_deadline(), Instant{});
  EXPECT_EQ(pacer.deadline_reason(), PacerReason::kMedia);
  wire::OutPacket released;
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(pacer.release(kStart, released), Turn::kPacket);
  pacer.enqueue(packet(kVideo, false, 1), kStart);
  pacer.clear();
  EXPECT_TRUE(pacer.next_deadline().is_never());
}

// [PACE-4] [T1.25] 480 kbit at 2.5 Mbit/s, minus the burst of 5 ms.
TEST(Pacer, SpreadsAKeyFrame) {
  PacerRun run({.pacing_bps = 2'500'000});
  run.enqueue_frame(57'600);  // 60 kB with the addresses of its packets
  run.run_for(Duration::seconds(1));
  ASSERT_EQ(run.bytes_sent(), 57'600u);
  const Duration taken = run.sent.back().at - kStart;
  RecordProperty("conformance", "T1.25 threshold=150..200ms got=" + std::to_string(taken.to_ms()));
  EXPECT_GE(taken, Duration::millis(150));
  EXPECT_LE(taken, Duration::millis(200));
  size_t at_once = 0;
  for (const Sent& it : run.sent) at_once += it.at == kStart ? it.bytes : 0;
  EXPECT_NEAR(static_cast<double>(at_once), 2'500, 1000);  // 5 ms, and the packet that ends it
}

// [PACE-4] Never more than the rate plus the burst, whatever window is looked at.
TEST(Pacer, KeepsToTheRateInEveryWindow) {
  constexpr int64_t kRate = 3'000'000;
  testing_support::SeededRandom random(1);
  PacerRun run({.pacing_bps = kRate});
  for (int frame = 0; frame < 300; ++frame) {
    run.enqueue_frame(frame % 50 == 0 ? 60'000 : 2000 + random.below(8000));
    run.run_for(Duration::millis(33));
  }
  run.run_for(Duration::seconds(2));
  EXPECT_EQ(run.pacer.size(), 0u);
  for (size_t first = 0; first < run.sent.size(); first += 7) {
    int64_t bytes = 0;
    for (size_t i = first; i < run.sent.size(); ++i) {
      bytes += static_cast<int64_t>(run.sent[i].bytes);
      const int64_t span = (run.sent[i].at - run.sent[first].at).us + kBurst.us;
      ASSERT_LE(bytes, kRate * span / 8'000'000 + 2000);
    }
  }
}

// [PACE-5]
TEST(Pacer, WakesOnWholeMillisecondsAndAtMostOnceEachOfThem) {
  PacerRun run({.pacing_bps = 50'000'000});
  run.enqueue_frame(1'500'000);
  run.run_for(Duration::seconds(2));
  ASSERT_EQ(run.bytes_sent(), 1'500'000u);
  size_t in_tick = 0;
  for (size_t i = 0; i < run.sent.size(); ++i) {
    const Instant at = run.sent[i].at;
    if (at != kStart) EXPECT_EQ(at.us % kPacerTick.us, 0);
    in_tick = i > 0 && run.sent[i - 1].at == at ? in_tick + run.sent[i].bytes : run.sent[i].bytes;
    EXPECT_LE(in_tick, kMaxBytesPerTick);
  }
}

// [PACE-6] [T1.26] At once, but counted.
TEST(Pacer, AudioDoesNotWaitBehindAKeyFrame) {
  PacerRun run({.pacing_bps = 2'500'000});
  run.enqueue_frame(60'000);
  run.run_for(Duration::millis(20));
  run.sent.clear();
  run.enqueue(packet(kAudio, false, 77, 2, 100));
  ASSERT_GE(run.sent.size(), 1u);  // and the video that is due
  EXPECT_EQ(run.sent[0].sequence, 77);
  EXPECT_EQ(run.sent[0].delay, Duration{});
  RecordProperty("conformance", "T1.26 threshold=2ms got=0");
}

// [PACE-6]
TEST(Pacer, AudioIsChargedToTheBudget) {
  PacerRun with_audio({.pacing_bps = 500'000});
  PacerRun without({.pacing_bps = 500'000});
  for (PacerRun* run : {&with_audio, &without}) {
    run->enqueue_frame(30'000);
    for (int i = 0; i < 20; ++i) {
      if (run == &with_audio) run->enqueue(packet(kAudio, false, 1, 2, 250));
      run->run_for(Duration::millis(20));
    }
    run->run_for(Duration::seconds(2));
  }
  // 20 × 250 bytes at 500 kbit/s are 80 ms.
  const Duration later = with_audio.sent.back().at - without.sent.back().at;
  EXPECT_GE(later, Duration::millis(70));
  EXPECT_LE(later, Duration::millis(90));
}

// [PACE-7]
TEST(Pacer, TakesTurnsBetweenStreams) {
  PacerRun run({.pacing_bps = 1'000'000});
  run.enqueue_frame(40'000, 1);
  run.sent.clear();
  for (uint16_t i = 0; i < 5; ++i) run.enqueue(packet(kVideo, false, i, 2));
  run.run_for(Duration::millis(100));
  // The second stream came last and has had its five packets within ten.
  std::vector<uint32_t> ssrcs;
  for (const Sent& it : run.sent) ssrcs.push_back(it.ssrc);
  ASSERT_GE(ssrcs.size(), 10u);
  EXPECT_EQ(std::count(ssrcs.begin(), ssrcs.begin() + 10, 2u), 5);
}

// [PACE-8]
TEST(Pacer, NoPacketWaitsLongerThanTwoSeconds) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    testing_support::SeededRandom random(seed);
    PacerRun run({.pacing_bps = 100'000});
    for (int i = 0; i < 200; ++i) {
      run.enqueue_frame(random.below(20'000), static_cast<uint32_t>(1 + random.below(4)));
      if (random.chance(20)) run.enqueue(packet(kVideo, true, 9, 50));
      if (random.chance(50)) run.enqueue(packet(kAudio, false, 9, 60, 200));
      run.run_for(Duration::millis(20));
      if (random.chance(5)) {
        run.pacer.set_rates({.pacing_bps = 30'000 + static_cast<int64_t>(random.below(500'000))},
                            run.now);
      }
    }
    run.run_for(Duration::seconds(5));
    EXPECT_EQ(run.pacer.size(), 0u);
    for (const Sent& it : run.sent) ASSERT_LE(it.delay, kMaxQueueTime + kPacerTick);
  }
}

// [PACE-9] R0.2: the last values count, however long nobody says anything.
TEST(Pacer, KeepsItsRatesWithoutNews) {
  PacerRun run({.pacing_bps = 800'000});
  for (int i = 0; i < 600; ++i) {
    run.enqueue_frame(12'000);
    run.run_for(Duration::millis(100));
  }
  const double bps = static_cast<double>(run.bytes_sent()) * 8 / 60;
  EXPECT_GE(bps, 800'000);  // more than the rate only because the queue would be too old
  EXPECT_LE(bps, 960'000);
}

// [PAD-1]
TEST(Pacer, PadsUpToTheRateWhileNothingWaits) {
  PacerRun run({.pacing_bps = 2'000'000, .padding_bps = 400'000});
  run.padding_bytes = 300;
  run.run_for(Duration::seconds(1));
  EXPECT_TRUE(run.sent.empty());  // no media yet: nothing to stand beside
  run.enqueue_frame(1000);
  run.sent.clear();
  run.run_for(Duration::seconds(10));
  EXPECT_NEAR(static_cast<double>(run.bytes_sent()) * 8 / 10, 400'000, 8000);
  for (const Sent& it : run.sent) EXPECT_TRUE(it.padding);
  EXPECT_EQ(run.pacer.deadline_reason(), PacerReason::kPadding);
}

// [PAD-1] What media sends need not be padded.
TEST(Pacer, PadsOnlyWhatMediaLeaves) {
  PacerRun run({.pacing_bps = 2'000'000, .padding_bps = 400'000});
  run.padding_bytes = 300;
  for (int i = 0; i < 500; ++i) {
    run.enqueue(packet(kVideo, false, 1, 1, 750));  // 300 kbit/s
    run.run_for(Duration::millis(20));
  }
  EXPECT_NEAR(static_cast<double>(run.bytes_sent()) * 8 / 10, 400'000, 12'000);
}

// [PAD-2]
TEST(Pacer, DoesNotSpinWhereThereIsNothingToPadWith) {
  PacerRun run({.pacing_bps = 2'000'000, .padding_bps = 400'000});
  run.enqueue_frame(1000);
  run.pacer.add_probe({1, 1'000'000, 5, 2000}, run.now);
  run.flush();
  EXPECT_TRUE(run.pacer.next_deadline().is_never());
}

TEST(FairQueue, KeepsTheOrderOfEachStream) {
  testing_support::SeededRandom random(7);
  FairQueue queue;
  std::vector<uint16_t> in(8);
  std::vector<uint16_t> out(8);
  FairQueue::Popped popped;
  for (int i = 0; i < 20'000; ++i) {
    if (random.chance(52) || queue.empty()) {
      const auto ssrc = static_cast<uint32_t>(random.below(8));
      ASSERT_TRUE(queue.push(packet(kVideo, false, in[ssrc]++, ssrc, 10), kStart));
    } else {
      if (random.chance(90)) {
        queue.pop(popped);
      } else {
        queue.pop_oldest(popped);
      }
      ASSERT_EQ(popped.packet.header.sequence, out[popped.packet.header.ssrc]++);
    }
    ASSERT_EQ(queue.bytes(), queue.size() * 10);
  }
}

TEST(FairQueue, ReleasesItsBuffers) {
  base::PacketPool pool(0, 64);
  FairQueue queue;
  for (int i = 0; i < 10; ++i) {
    wire::OutPacket made = packet(kVideo, false, 1);
    made.source = pool.acquire();
    queue.push(std::move(made), kStart);
  }
  FairQueue::Popped popped;
  queue.pop(popped);
  popped = {};
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
