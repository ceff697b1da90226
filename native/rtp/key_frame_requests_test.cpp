#include "rtp/key_frame_requests.h"

#include <gtest/gtest.h>

namespace rtp {
namespace {

using base::Duration;
using base::Instant;

constexpr Instant kStart{1000000};

// [KEY-1]
TEST(KeyFrameRequests, TheFirstLeavesAtOnceTheNextHalfASecondLater) {
  KeyFrameRequests requests;
  EXPECT_TRUE(requests.next_deadline().is_never());
  EXPECT_FALSE(requests.take_due(kStart));
  requests.request(kStart);
  EXPECT_EQ(requests.next_deadline(), kStart);
  EXPECT_TRUE(requests.take_due(kStart));
  requests.handle_key_frame();
  requests.request(kStart + Duration::millis(100));
  EXPECT_FALSE(requests.take_due(kStart + Duration::millis(499)));
  EXPECT_EQ(requests.next_deadline(), kStart + Duration::millis(500));
  EXPECT_TRUE(requests.take_due(kStart + Duration::millis(500)));
}

// [KEY-2]
TEST(KeyFrameRequests, RepeatsUntilAKeyFrameBegins) {
  KeyFrameRequests requests;
  requests.request(kStart);
  int sent = 0;
  for (int ms = 0; ms < 2100; ++ms)
    sent += requests.take_due(kStart + Duration::millis(ms)) ? 1 : 0;
  EXPECT_EQ(sent, 3);
  requests.handle_key_frame();
  EXPECT_FALSE(requests.take_due(kStart + Duration::seconds(5)));
  EXPECT_TRUE(requests.next_deadline().is_never());
}

// [KEY-1], T3.8: 100 subscribers, five requests a second each, for 10 s; a key frame 100 ms after
// each PLI.
TEST(KeyFrameRequests, ManySubscribersAreOne) {
  KeyFrameRequests requests(Duration::seconds(1));
  int sent = 0;
  Instant key_frame_at = Instant::never();
  for (int ms = 0; ms < 10000; ms += 2) {
    const Instant now = kStart + Duration::millis(ms);
    if (now >= key_frame_at) {
      requests.handle_key_frame();
      key_frame_at = Instant::never();
    }
    requests.request(now);
    if (!requests.take_due(now)) continue;
    ++sent;
    key_frame_at = now + Duration::millis(100);
  }
  EXPECT_GE(sent, 10);
  EXPECT_LE(sent, 11);
}

// [KEY-3] R3.30
TEST(KeyFrameBudget, ThreeInTenSecondsAndNotTwiceAtOnce) {
  KeyFrameBudget budget;
  int taken = 0;
  for (int ms = 0; ms < 9900; ms += 10) taken += budget.take(kStart + Duration::millis(ms)) ? 1 : 0;
  EXPECT_EQ(taken, 3);
  EXPECT_TRUE(budget.take(kStart + Duration::millis(10001)));
  EXPECT_FALSE(budget.take(kStart + Duration::millis(10100)));
}

}  // namespace
}  // namespace rtp
