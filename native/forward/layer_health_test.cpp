#include "forward/layer_health.h"

#include <gtest/gtest.h>

#include "forward/layer_meter.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;

// Three encodings with a packet a frame, every 40 ms.
class LayerHealthTest : public testing::Test {
 protected:
  void run(Duration span, uint32_t encodings, Duration interval = Duration::millis(40)) {
    for (const Instant end = now_ + span; now_ < end; now_ = now_ + interval) {
      timestamp_ += 3600;
      for (uint8_t i = 0; i < 3; ++i) {
        if ((encodings >> i & 1) != 0) changes_ += health_.handle_packet(i, timestamp_, now_);
      }
    }
  }

  LayerHealth health_;
  Instant now_{1'000'000};
  int64_t timestamp_ = 0;
  int changes_ = 0;
};

// [HLT-3] R3.33
TEST_F(LayerHealthTest, WhatBeginsTogetherIsUsableAtOnce) {
  run(Duration::millis(40), 7);
  EXPECT_EQ(health_.usable(), 7);
}

// [HLT-3] R3.33
TEST_F(LayerHealthTest, ALatecomerIsTrustedAfterTwoSeconds) {
  run(Duration::seconds(5), 1);
  run(Duration::millis(1900), 3);
  EXPECT_EQ(health_.usable(), 1);
  run(Duration::millis(200), 3);
  EXPECT_EQ(health_.usable(), 3);
}

// [HLT-2] R3.35
TEST_F(LayerHealthTest, ASteadyLayerIsDeadAfter400Ms) {
  run(Duration::seconds(3), 7);
  run(Duration::millis(360), 3);
  EXPECT_EQ(health_.usable(), 7);
  run(Duration::millis(80), 3);
  EXPECT_EQ(health_.usable(), 3);
}

// [HLT-2] R3.35: the lowest has none below it to prove that frames were due.
TEST_F(LayerHealthTest, TheLowestIsDeadAfter1500Ms) {
  run(Duration::seconds(3), 7);
  run(Duration::millis(1440), 6);
  EXPECT_EQ(health_.usable(), 7);
  run(Duration::millis(120), 6);
  EXPECT_EQ(health_.usable(), 6);
}

// [HLT-1]
TEST_F(LayerHealthTest, SilenceOfAllKillsNone) {
  run(Duration::seconds(3), 7);
  now_ = now_ + Duration::seconds(30);
  run(Duration::seconds(1), 7);
  EXPECT_EQ(health_.usable(), 7);
  EXPECT_EQ(changes_, 3);
}

// [HLT-1]: a still screen with a frame a second.
TEST_F(LayerHealthTest, SlowLayersLive) {
  run(Duration::seconds(20), 7, Duration::seconds(1));
  EXPECT_EQ(health_.usable(), 7);
}

// [HLT-4]
TEST_F(LayerHealthTest, WhatThePublisherEndsIsDead) {
  run(Duration::seconds(3), 7);
  EXPECT_TRUE(health_.handle_ended(1));
  EXPECT_EQ(health_.usable(), 5);
  EXPECT_FALSE(health_.handle_ended(1));
  EXPECT_FALSE(health_.handle_packet(200, 0, now_));
}

// [MET-1] §6.2
TEST(LayerMeter, RisesAtOnceAndFallsOverASecond) {
  LayerMeter meter;
  Instant now{1'000'000};
  const auto run = [&](Duration span, size_t bytes) {
    for (const Instant end = now + span; now < end; now = now + Duration::millis(10)) {
      meter.handle_packet(1, 2, bytes, now);
    }
  };
  run(Duration::seconds(3), 1000);
  EXPECT_NEAR(meter.rate(1, 2), 800'000, 16000);
  EXPECT_FALSE(meter.known(0, 0));
  run(Duration::millis(1100), 2000);
  EXPECT_NEAR(meter.rate(1, 2), 1'600'000, 16000);
  run(Duration::millis(500), 100);
  EXPECT_GT(meter.rate(1, 2), 800'000u);
  run(Duration::seconds(8), 100);
  EXPECT_NEAR(meter.rate(1, 2), 80'000, 8000);
}

// [MET-2]
TEST(LayerMeter, TellsSeldomWhatIsSteadyAndAtOnceWhatChanges) {
  LayerMeter meter;
  Instant now{1'000'000};
  int told = 0;
  const auto run = [&](Duration span) {
    for (const Instant end = now + span; now < end; now = now + Duration::millis(10)) {
      meter.handle_packet(0, 0, 1000, now);
      told += meter.take_due(now) ? 1 : 0;
    }
  };
  run(Duration::seconds(2));
  EXPECT_LE(told, 10);
  run(Duration::seconds(3));
  told = 0;
  run(Duration::seconds(10));
  EXPECT_EQ(told, 0);
  meter.handle_size(0, {640, 360});
  run(Duration::millis(10));
  EXPECT_EQ(told, 1);
  meter.handle_packet(200, 200, 100, now);
  EXPECT_TRUE(meter.known(kMeteredSpatial - 1, kMeteredTemporal - 1));
}

}  // namespace
}  // namespace forward
