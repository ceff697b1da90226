#include "srtp/ssrc_table.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace {

using srtp::SsrcTable;

// Numbers in order, and numbers that differ in their upper half alone: chosen by a peer.
uint32_t ssrc_number(uint32_t i) { return i % 2 == 0 ? i : i << 24 | 0xffff; }

TEST(SsrcTable, FindsEachWithItsOwnWindow) {
  constexpr uint32_t kLimit = 256;
  SsrcTable table(kLimit);
  for (uint32_t i = 0; i < kLimit; ++i) {
    EXPECT_FALSE(table.full());
    EXPECT_EQ(table.find(ssrc_number(i)), nullptr);
    table.insert(ssrc_number(i), 1000 + i);
  }
  EXPECT_TRUE(table.full());
  for (uint32_t i = 0; i < kLimit; ++i) {
    const srtp::ReplayWindow* window = table.find(ssrc_number(i));
    ASSERT_NE(window, nullptr) << i;
    EXPECT_FALSE(window->is_new(1000 + i));
    EXPECT_TRUE(window->is_new(999 + i));
    EXPECT_TRUE(window->is_new(1001 + i));
  }
  EXPECT_EQ(table.find(0xdeadbeef), nullptr);
}

TEST(SsrcTable, AnySsrcIsOne) {
  SsrcTable table(4);
  EXPECT_EQ(table.find(0), nullptr);
  table.insert(0, 7);
  table.insert(0xffffffff, 8);
  ASSERT_NE(table.find(0), nullptr);
  EXPECT_FALSE(table.find(0)->is_new(7));
  ASSERT_NE(table.find(0xffffffff), nullptr);
  EXPECT_FALSE(table.find(0xffffffff)->is_new(8));
}

}  // namespace
