#include "forward/key_frame_cache.h"

#include <gtest/gtest.h>

#include "testing/layered_stream.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;
using testing_support::LayeredEncoding;
using testing_support::LayeredPacket;

class KeyFrameCacheTest : public testing::Test {
 protected:
  void give(const LayeredPacket& packet, bool newest = true) {
    const auto received =
        testing_support::make_received(pool_,
                                       {.timestamp = static_cast<uint32_t>(packet.timestamp),
                                        .ssrc = 1,
                                        .sequence = static_cast<uint16_t>(packet.sequence),
                                        .payload_type = 96,
                                        .marker = packet.marker},
                                       packet.payload());
    const SourcePosition position{.source = {1, packet.generation},
                                  .sequence = packet.sequence,
                                  .timestamp = packet.timestamp,
                                  .newest = newest,
                                  .arrived_at = now_};
    const wire::ExtensionMap none;
    cache_.handle_packet(
        describe(received.packet, received.view, position, testing_support::kLayeredFormat, none));
  }
  void give_all(const std::vector<LayeredPacket>& packets) {
    for (const LayeredPacket& packet : packets) give(packet);
  }
  size_t held() const { return cache_.packets(now_).size(); }

  base::PacketPool pool_{0, 600};
  LayeredEncoding camera_{0, 65530, 0};
  KeyFrameCache cache_;
  Instant now_{5'000'000};
  int64_t number_ = 0;
};

// [CACHE-1]
TEST_F(KeyFrameCacheTest, HoldsFromTheNewestKeyFrameOn) {
  give_all(camera_.frame(number_++, false));
  EXPECT_EQ(held(), 0u);
  give_all(camera_.frame(number_++, true));
  give_all(camera_.frame(number_++, false));
  EXPECT_EQ(held(), 4u);
  EXPECT_TRUE(cache_.packets(now_).back().position.newest);
  give_all(camera_.frame(number_++, true));
  EXPECT_EQ(held(), 2u);
  EXPECT_EQ(pool_.blocks_in_use(), 2u);
}

// [CACHE-2]
TEST_F(KeyFrameCacheTest, WithAGapItServesOnlyOnceTheRepairIsThere) {
  give_all(camera_.frame(number_++, true));
  const auto torn = camera_.frame(number_++, false);
  give(torn[1]);
  EXPECT_EQ(held(), 0u);
  give(torn[0], false);
  EXPECT_EQ(held(), 4u);
}

// [CACHE-2]
TEST_F(KeyFrameCacheTest, LetsGoOfWhatIsOldOrMuch) {
  give_all(camera_.frame(number_++, true));
  now_ = now_ + kMaxCacheAge;
  EXPECT_EQ(held(), 0u);
  give_all(camera_.frame(number_++, false));
  EXPECT_EQ(pool_.blocks_in_use(), 0u);
  give_all(camera_.frame(number_++, true));
  for (size_t i = 0; i < kMaxCachedPackets; ++i) give_all(camera_.frame(number_++, false));
  EXPECT_EQ(held(), 0u);
  EXPECT_EQ(pool_.blocks_in_use(), 0u);
}

// [CACHE-2]
TEST_F(KeyFrameCacheTest, AnotherNumberingIsAnotherCache) {
  give_all(camera_.frame(number_++, true));
  camera_.restart(9, 77);
  give_all(camera_.frame(number_++, false));
  EXPECT_EQ(held(), 0u);
}

}  // namespace
}  // namespace forward
