#include "transport/send_slab.h"

#include <gtest/gtest.h>

namespace {

using transport::SendSlab;

TEST(SendSlab, ReservesTheSameSpaceUntilItIsCommitted) {
  SendSlab slab;
  const uint8_t* first = slab.reserve(100).data();
  EXPECT_EQ(slab.reserve(50).data(), first);
  slab.commit({}, 40, 7);
  EXPECT_EQ(slab.reserve(50).data(), first + 40);
  ASSERT_EQ(slab.transmits().size(), 1u);
  EXPECT_EQ(slab.transmits()[0].bytes.size(), 40u);
  EXPECT_EQ(slab.transmits()[0].transport, 7u);
}

// [TRN-16]
TEST(SendSlab, KeepsRoomForControlWhenMediaHasFilledIt) {
  SendSlab slab;
  while (slab.has_room_for_media()) {
    slab.reserve(1200);
    slab.commit({}, 1200, 0);
  }
  EXPECT_TRUE(slab.has_room_for_control());
  EXPECT_FALSE(slab.reserve(1200).empty());
}

TEST(SendSlab, RefusesWhatDoesNotFitAndStartsAnewAfterReset) {
  SendSlab slab;
  EXPECT_FALSE(slab.reserve(SendSlab::kCapacity).empty());
  slab.commit({}, SendSlab::kCapacity, 0);
  EXPECT_TRUE(slab.reserve(1).empty());
  slab.reset();
  EXPECT_FALSE(slab.reserve(1).empty());
  EXPECT_TRUE(slab.transmits().empty());
}

}  // namespace
