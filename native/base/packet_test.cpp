#include "base/packet.h"

#include <gtest/gtest.h>

#include <vector>

namespace base {
namespace {

PacketRef make_packet(PacketPool& pool, uint8_t first) {
  PacketRef packet = pool.acquire();
  packet.resize(100);
  packet.bytes()[0] = first;
  return packet;
}

size_t return_all(PacketPool& borrower) {
  size_t count = 0;
  while (const auto lent = borrower.take_returned()) {
    PacketPool::return_lent(lent->lender);
    ++count;
  }
  return count;
}

TEST(PacketPool, GivesDistinctBlocksUpToItsBound) {
  PacketPool pool(0, 300);
  std::vector<PacketRef> packets;
  for (size_t i = 0; i < 300; ++i) packets.push_back(make_packet(pool, static_cast<uint8_t>(i)));
  EXPECT_FALSE(pool.acquire());
  for (size_t i = 0; i < 300; ++i) EXPECT_EQ(packets[i].bytes()[0], static_cast<uint8_t>(i));
  packets.clear();
  EXPECT_EQ(pool.blocks_in_use(), 0u);
}

TEST(PacketPool, BorrowedBytesAreTheLendersAndGoHome) {
  PacketPool lender(3, 10);
  PacketPool borrower(5, 10);
  PacketRef packet = make_packet(lender, 77);
  const LentPacket lent = packet.lend();
  EXPECT_EQ(lent.shard, 3);
  const uint8_t* bytes = packet.bytes().data();
  packet.reset();
  EXPECT_EQ(lender.blocks_in_use(), 1u);

  PacketRef borrowed = borrower.borrow(lent);
  EXPECT_EQ(borrowed.bytes().data(), bytes);
  EXPECT_EQ(borrowed.bytes().size(), 100u);
  EXPECT_EQ(borrowed.bytes()[0], 77);
  EXPECT_EQ(borrower.blocks_in_use(), 0u);  // it costs none of its own
  PacketRef second = borrowed;
  borrowed.reset();
  EXPECT_FALSE(borrower.take_returned());
  EXPECT_EQ(borrower.borrowed(), 1u);
  second.reset();

  const auto returned = borrower.take_returned();
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->shard, 3);
  EXPECT_EQ(borrower.borrowed(), 0u);
  PacketPool::return_lent(returned->lender);
  EXPECT_EQ(lender.blocks_in_use(), 0u);
}

// One reference for each shard that has it, whichever is done first.
TEST(PacketPool, LendsToSeveralAndGoesOnServingItsOwn) {
  PacketPool lender(0, 10);
  PacketPool one(1, 10);
  PacketPool two(2, 10);
  PacketRef packet = make_packet(lender, 1);
  PacketRef first = one.borrow(packet.lend());
  PacketRef second = two.borrow(packet.lend());
  first.reset();
  EXPECT_EQ(return_all(one), 1u);
  packet.reset();
  EXPECT_EQ(lender.blocks_in_use(), 1u);
  second.reset();
  EXPECT_EQ(return_all(two), 1u);
  EXPECT_EQ(lender.blocks_in_use(), 0u);
}

TEST(PacketPool, BorrowsThousandsAndUsesTheirHeadersAgain) {
  PacketPool lender(0, 10);
  PacketPool borrower(1, 0);
  const PacketRef packet = make_packet(lender, 9);
  for (int round = 0; round < 3; ++round) {
    std::vector<PacketRef> held;
    for (int i = 0; i < 3000; ++i) held.push_back(borrower.borrow(packet.lend()));
    EXPECT_EQ(borrower.borrowed(), 3000u);
    held.clear();
    EXPECT_EQ(return_all(borrower), 3000u);
  }
  EXPECT_EQ(borrower.borrowed(), 0u);
}

// A shard that ends lets go without looking into the lender, which may have ended before.
TEST(PacketPool, BorrowerMayOutliveTheLender) {
  PacketPool borrower(1, 10);
  PacketRef borrowed;
  {
    PacketPool lender(0, 10);
    borrowed = borrower.borrow(make_packet(lender, 1).lend());
  }
  borrowed.reset();
  EXPECT_TRUE(borrower.take_returned());
}

}  // namespace
}  // namespace base
