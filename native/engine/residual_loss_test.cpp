// What is still missing some time after it should have been there (algorithms §7.7): a publisher
// and a subscriber with real ICE, DTLS and SRTP on virtual time, loss and delay on either leg.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "testing/meeting.h"
#include "testing/viewer.h"
#include "wire/rtcp.h"
#include "wire/rtcp_nack.h"

namespace {

using testing_support::Bytes;
using testing_support::handle;
using testing_support::Loss;
using testing_support::Meeting;
using testing_support::Viewer;
using testing_support::VirtualPeer;

constexpr auto millis = base::Duration::millis;
constexpr auto seconds = base::Duration::seconds;
constexpr uint32_t kRtxSsrc = 1112;
constexpr auto kTimer = millis(20);  // of a browser's NACKs

// A camera of 200 packets a second that answers NACKs, and its viewers.
class LossyMeeting : public Meeting {
 public:
  LossyMeeting(uint64_t seed, const Loss& up, const Loss& down, uint32_t viewers = 1)
      : Meeting(seed), up_(up), down_(down) {
    join(1);
    for (uint32_t i = 0; i < viewers; ++i) join(2 + i);
    publish_video(1, camera.ssrc(), kRtxSsrc);
    for (uint32_t i = 0; i < viewers; ++i) {
      add_slot(1 + i, 2 + i, engine::MediaKind::kVideo);
    }
    world.connect_all();
    for (uint32_t i = 0; i < viewers; ++i) subscribe(1 + i, 1, 1 + i);
    // What it measures itself is never less than one step of the clock too much.
    viewer.emplace(world.peer(2), 5001, 6001, down.delay * 2 + millis(3));
    send_frame(true);
    world.run_for(millis(10));
    world.set_loss(1, up);
    world.set_loss(2, down);
  }

  void run(base::Duration span, bool media = true) {
    for (int64_t i = 0; i < span.to_ms(); ++i) {
      if (media && i % 10 == 0) send_frame(take_key_frame_wish());
      if (i % kTimer.to_ms() == 0) {
        viewer->step(world.now());
      } else {
        viewer->read(world.now());
      }
      answer_nacks();
      world.run_for(millis(1));
    }
  }

  // Percent of the packets sent that were not there `patience` after they could have been.
  double missing_percent(base::Duration patience) const {
    size_t missing = 0;
    for (const auto& [number, sent_at] : sent_at_) {
      const auto found = viewer->arrived_at().find(number);
      const base::Instant due = sent_at + up_.delay + down_.delay + patience + millis(1);
      missing += found == viewer->arrived_at().end() || found->second > due ? 1 : 0;
    }
    return 100.0 * static_cast<double>(missing) / static_cast<double>(sent_at_.size());
  }
  // Of the leg to the viewer.
  double lost() const {
    return static_cast<double>(sent_at_.size() - viewer->arrived_at().size() + viewer->repaired());
  }

  const std::map<uint16_t, base::Instant>& sent_at() const { return sent_at_; }

  std::optional<Viewer> viewer;
  size_t plis = 0;
  size_t nacks = 0;  // messages that the publisher got

 private:
  void send_frame(bool key) {
    const uint16_t first = camera.next_sequence();
    camera.send_frame(world.peer(1), key);
    for (uint16_t number = first; number != camera.next_sequence(); ++number) {
      sent_at_[number] = world.now();
    }
  }
  bool take_key_frame_wish() { return std::exchange(key_wanted_, false); }
  void answer_nacks() {
    VirtualPeer& publisher = world.peer(1);
    for (; rtcp_read_ < publisher.rtcp.size(); ++rtcp_read_) {
      wire::RtcpReader reader(publisher.rtcp[rtcp_read_]);
      wire::RtcpBlock block;
      while (reader.next(block)) {
        if (block.type == wire::RtcpType::kPayloadFeedback) {
          ++plis;
          key_wanted_ = true;
        }
        wire::Nack nack;
        wire::NackSequences sequences;
        if (block.type != wire::RtcpType::kTransportFeedback || block.count != wire::kNackFormat ||
            wire::parse_nack(block, nack, sequences) != wire::ParseError::kNone) {
          continue;
        }
        ++nacks;
        uint16_t number = 0;
        while (sequences.next(number)) camera.resend(publisher, number, kRtxSsrc);
      }
    }
  }

  Loss up_;
  Loss down_;
  std::map<uint16_t, base::Instant> sent_at_;
  size_t rtcp_read_ = 0;
  bool key_wanted_ = false;
};

Loss path(uint64_t percent, int64_t rtt_ms, uint64_t burst = 1) {
  return {.to_shard = percent,
          .to_peer = percent,
          .burst_to_shard = 1,
          .burst_to_peer = burst,
          .delay = millis(rtt_ms / 2)};
}

struct Limit {
  base::Duration patience;
  double percent;
};
struct Row {
  std::string name;
  Loss loss;
  std::vector<Limit> limits;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows{
      {"5%/100ms", path(5, 100), {{millis(300), 0.1}, {millis(500), 0.01}}},
      {"5% bursts of 3/100ms", path(5, 100, 3), {{millis(300), 0.15}}},
      {"10%/100ms", path(10, 100), {{millis(300), 0.6}, {millis(500), 0.05}}},
      {"20%/100ms", path(20, 100), {{millis(300), 4}, {millis(750), 0.15}}},
      {"5%/200ms", path(5, 200), {{millis(500), 0.1}}},
      {"5%/300ms", path(5, 300), {{millis(750), 0.1}}}};
  return rows;
}

std::string rounded(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4f", value);
  return text.data();
}

// [TRN-13] [T7.1] Each row, with the loss on the viewer's leg.
TEST(ResidualLoss, TowardsTheSubscriber) {
  std::string report;
  for (const Row& row : table()) {
    SCOPED_TRACE(row.name);
    LossyMeeting meeting(12, {}, row.loss);
    meeting.run(seconds(60));
    meeting.run(seconds(2), false);
    for (const Limit& limit : row.limits) {
      const double missing = meeting.missing_percent(limit.patience);
      EXPECT_LT(missing, limit.percent) << limit.patience.to_ms() << " ms";
      report += "T7.1 " + row.name + " after " + std::to_string(limit.patience.to_ms()) +
                "ms threshold=" + rounded(limit.percent) + "% got=" + rounded(missing) + "%;";
    }
    if (row.name != "5%/100ms") continue;
    const double resends = meeting.world.stats().rtx_sent / meeting.lost();
    const double messages = static_cast<double>(meeting.viewer->nacks_sent()) / meeting.lost();
    EXPECT_LE(resends, 1.25);
    EXPECT_LE(messages, 1.3);
    report += "T7.1 retransmissions per loss threshold=1.25 got=" + rounded(resends) + ";";
    report += "T7.1 NACK messages per loss threshold=1.3 got=" + rounded(messages) + ";";
  }
  RecordProperty("conformance", report);
}

// [TRN-12] [T7.1] The same on the publisher's leg.
TEST(ResidualLoss, FromThePublisher) {
  std::string report;
  for (const Row& row : table()) {
    SCOPED_TRACE(row.name);
    Loss up = row.loss;
    std::swap(up.burst_to_peer, up.burst_to_shard);
    LossyMeeting meeting(12, up, {});
    meeting.run(seconds(60));
    meeting.run(seconds(2), false);
    for (const Limit& limit : row.limits) {
      const double missing = meeting.missing_percent(limit.patience);
      EXPECT_LT(missing, limit.percent) << limit.patience.to_ms() << " ms";
      report += "T7.1 publisher's leg " + row.name + " after " +
                std::to_string(limit.patience.to_ms()) + "ms threshold=" + rounded(limit.percent) +
                "% got=" + rounded(missing) + "%;";
    }
  }
  RecordProperty("conformance", report);
}

// [T7.1] Both legs in series: the time that each may take adds up.
TEST(ResidualLoss, OnBothLegs) {
  LossyMeeting meeting(13, path(5, 100), path(5, 100));
  meeting.run(seconds(60));
  meeting.run(seconds(2), false);
  EXPECT_LT(meeting.missing_percent(millis(600)), 0.2);
  EXPECT_LT(meeting.missing_percent(millis(1000)), 0.02);
  RecordProperty("conformance", "T7.1 in series after 600ms threshold=0.2% got=" +
                                    rounded(meeting.missing_percent(millis(600))) + "%");
}

// [T7.2] What the publisher is asked for does not depend on how many watch.
TEST(ResidualLoss, ViewersDoNotMultiplyNacks) {
  const auto asked_per_loss = [](uint32_t viewers) {
    LossyMeeting meeting(14, {.to_shard = 5, .to_peer = 0, .delay = millis(25)}, {}, viewers);
    meeting.run(seconds(60));
    // Each loss costs one retransmission that comes through.
    return meeting.world.stats().nack_sent / meeting.world.stats().rtx_received;
  };
  const double one = asked_per_loss(1);
  const double ten = asked_per_loss(10);
  RecordProperty("conformance", "T7.2 threshold=±5% got=" + rounded((ten / one - 1) * 100) + "%");
  EXPECT_NEAR(ten / one, 1, 0.05);
}

// [T7.4] Two seconds without anything.
TEST(ResidualLoss, RecoversFromAnOutage) {
  LossyMeeting meeting(15, path(0, 100), {});
  meeting.run(seconds(5));
  meeting.world.set_loss(1, path(100, 100));
  meeting.run(seconds(2));
  meeting.world.set_loss(1, path(0, 100));
  const base::Instant returned = meeting.world.now();
  const base::Instant left = returned - seconds(2);
  const size_t plis_before = meeting.plis;
  const size_t nacks_before = meeting.nacks;
  meeting.run(seconds(5));
  EXPECT_LE(meeting.plis - plis_before, 5u);
  // Cleared: what lies before the outage's end is not asked for on and on.
  EXPECT_LE(meeting.nacks - nacks_before, 100u);
  const auto& arrived = meeting.viewer->arrived_at();
  // Everything sent meanwhile is repaired, or else a key frame was asked for.
  base::Instant back = returned;
  size_t missing = 0;
  for (const auto& [number, at] : meeting.sent_at()) {
    if (at < left || at >= returned) continue;
    const auto found = arrived.find(number);
    if (found == arrived.end()) {
      ++missing;
    } else {
      back = std::max(back, found->second);
    }
  }
  EXPECT_TRUE(missing == 0 || meeting.plis > plis_before);
  EXPECT_LE(back - returned, seconds(1) + millis(100));
  RecordProperty("conformance",
                 "T7.4 threshold=<=1 PLI/s got=" + std::to_string(meeting.plis - plis_before) +
                     " in 5 s, after " + std::to_string((back - returned).to_ms()) + "ms");
}

}  // namespace
