// When the pool runs short.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "testing/meeting.h"

namespace {

using testing_support::Meeting;

constexpr auto millis = base::Duration::millis;

// A camera of four packets a millisecond, one subscriber, and a pool in which so many blocks are
// free.
class Crowded : public Meeting {
 public:
  explicit Crowded(size_t free_blocks) {
    begin_one_to_one();
    while (auto block = world.shard().packets().acquire()) taken_.push_back(std::move(block));
    taken_.resize(taken_.size() - free_blocks);
  }

  void run_camera(base::Duration span) {
    bool is_first = true;
    world.run_for(span, [&] {
      camera.send_frame(world.peer(1), is_first);
      camera.send_frame(world.peer(1), false);
      is_first = false;
    });
  }

 private:
  std::vector<base::PacketRef> taken_;
};

size_t count(const testing_support::VirtualPeer& peer, uint32_t ssrc) {
  return static_cast<size_t>(
      std::ranges::count(peer.rtp, ssrc, [](const auto& it) { return it.view.ssrc; }));
}

// [ENG-18] The cache of the key frame and the history hold a second: 4000 blocks. What was taken by
// the time that nothing could be received any more was held for ever.
TEST(Reclaim, AShardGoesOnWhenItsPoolIsFull) {
  Crowded meeting(1000);
  meeting.run_camera(millis(3000));
  EXPECT_EQ(count(meeting.world.peer(2), 5001), 12'000u);
  EXPECT_EQ(meeting.world.stats().dropped_pool_exhausted, 0);
  EXPECT_GT(meeting.world.stats().pool_shortages, 0);
}

// [ENG-18] Looking for what can be let go of is not the work of every packet.
TEST(Reclaim, IsDoneAtMostEveryTenMilliseconds) {
  Crowded meeting(1000);
  meeting.run_camera(millis(1000));
  EXPECT_LE(meeting.world.stats().pool_shortages, 100);
}

}  // namespace
