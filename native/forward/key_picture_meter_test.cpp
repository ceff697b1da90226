#include "forward/key_picture_meter.h"

#include <gtest/gtest.h>

namespace forward {
namespace {

MeteredPacket packet_of(uint8_t spatial, int64_t timestamp, bool begins_key, size_t bytes) {
  return {.spatial = spatial, .timestamp = timestamp, .begins_key = begins_key, .bytes = bytes};
}

// [MET-3]
TEST(KeyPictureMeter, AddsUpTheLayersOfOnePicture) {
  KeyPictureMeter meter;
  EXPECT_FALSE(meter.handle_packet(packet_of(0, 100, false, 50)));
  EXPECT_FALSE(meter.handle_packet(packet_of(0, 200, true, 300)));
  EXPECT_FALSE(meter.handle_packet(packet_of(1, 200, false, 700)));
  EXPECT_FALSE(meter.handle_packet(packet_of(0, 100, false, 50)));  // late
  EXPECT_FALSE(meter.handle_packet(packet_of(1, 200, false, 800)));
  EXPECT_EQ(meter.bytes(1), 0u);
  EXPECT_TRUE(meter.handle_packet(packet_of(0, 300, false, 50)));
  EXPECT_EQ(meter.bytes(0), 300u);
  EXPECT_EQ(meter.bytes(1), 1500u);
  EXPECT_FALSE(meter.handle_packet(packet_of(1, 300, false, 50)));
  // The next one takes its place once it is whole.
  EXPECT_FALSE(meter.handle_packet(packet_of(0, 400, true, 10)));
  EXPECT_EQ(meter.bytes(0), 300u);
  EXPECT_TRUE(meter.handle_packet(packet_of(0, 500, true, 20)));
  EXPECT_EQ(meter.bytes(0), 10u);
  EXPECT_EQ(meter.bytes(1), 1500u);
}

// [MET-3] Encodings have pictures of their own.
TEST(KeyPictureMeter, TellsEncodingsApart) {
  KeyPictureMeter meter;
  meter.handle_packet({.encoding = 0, .timestamp = 9, .begins_key = true, .bytes = 10});
  meter.handle_packet(
      {.encoding = 2, .spatial = 2, .timestamp = 5, .begins_key = true, .bytes = 70});
  EXPECT_TRUE(meter.handle_packet({.encoding = 2, .spatial = 2, .timestamp = 6, .bytes = 1}));
  EXPECT_EQ(meter.bytes(0), 0u);
  EXPECT_EQ(meter.bytes(2), 70u);
}

}  // namespace
}  // namespace forward
