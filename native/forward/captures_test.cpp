// Recorded streams through a forwarder: what leaves is the stream that came, renumbered.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/unwrapper.h"
#include "forward/forwarder.h"
#include "testing/capture.h"
#include "testing/fixtures.h"
#include "testing/rtp_packets.h"

namespace forward {
namespace {

constexpr PayloadFormat kVp8{wire::CodecKind::kVp8, 1};

struct Replay {
  size_t packets = 0;
  size_t sent = 0;
  size_t waited = 0;
  size_t picture_id_wraps = 0;
};

// Forwards every VP8 packet of one SSRC behind another publication, so that all is renumbered, and
// checks each packet that leaves against the one that came.
Replay replay(const std::vector<testing_support::Bytes>& datagrams) {
  base::PacketPool pool(0, 8);
  ForwarderState seed = initial_state(65000);
  seed.rtp.sent_anything = true;
  seed.vp8.last_picture_id = 32760;
  seed.vp8.last_tl0_pic_idx = 250;
  Forwarder forwarder({wire::MediaKind::kVideo, 7, {}, {{kVp8, 100}}}, seed);
  const wire::ExtensionMap none;
  base::SequenceUnwrapper sequences;
  base::TimestampUnwrapper timestamps;
  std::optional<uint32_t> ssrc;
  std::optional<int64_t> sequence_step;
  std::optional<uint16_t> picture_step;
  uint16_t last_picture = 0;
  int64_t highest = -1;
  Replay result;
  for (const testing_support::Bytes& datagram : datagrams) {
    base::PacketRef packet = pool.acquire();
    if (datagram.size() < 12 || datagram.size() > base::kPacketCapacity) continue;
    if ((datagram[1] & 0x7f) >= 64 && (datagram[1] & 0x7f) < 96) continue;  // RTCP
    packet.resize(datagram.size());
    std::copy(datagram.begin(), datagram.end(), packet.bytes().begin());
    wire::RtpView view;
    if (wire::parse_rtp(packet.bytes(), view) != wire::ParseError::kNone) continue;
    if (!ssrc) ssrc = view.ssrc;
    if (view.ssrc != *ssrc) continue;
    SourcePosition position;
    position.source = {view.ssrc, 0};
    position.sequence = sequences.unwrap(view.sequence);
    position.timestamp = timestamps.unwrap(view.timestamp);
    position.newest = position.sequence > highest;
    position.arrived_at = base::Instant{1000000};
    highest = std::max(highest, position.sequence);
    ++result.packets;

    wire::OutPacket out;
    const MediaPacket described = describe(packet, view, position, kVp8, none);
    const Verdict verdict = forwarder.handle_packet(described, out);
    result.waited += verdict == Verdict::kWaitingForKeyFrame ? 1 : 0;
    if (verdict != Verdict::kSend) continue;
    ++result.sent;
    const int64_t step = position.sequence - forwarder.export_state().rtp.last_sequence;
    if (!sequence_step && position.newest) sequence_step = step;
    EXPECT_TRUE(!position.newest || step == *sequence_step);
    if (!described.vp8 || !described.vp8->picture_id) continue;
    const testing_support::Bytes body = testing_support::body_of(out);
    wire::Vp8Descriptor left;
    EXPECT_EQ(wire::parse_vp8(body, left), wire::ParseError::kNone);
    const auto shift =
        static_cast<uint16_t>((*left.picture_id - *described.vp8->picture_id) & 0x7fff);
    if (!picture_step) picture_step = shift;
    EXPECT_EQ(shift, *picture_step);
    EXPECT_TRUE(std::equal(body.begin() + left.size, body.end(),
                           view.payload().begin() + described.vp8->size, view.payload().end()));
    result.picture_id_wraps += *left.picture_id < last_picture && last_picture > 32000 ? 1 : 0;
    last_picture = *left.picture_id;
  }
  return result;
}

// [VP8-2] [SEQ-1] [FWD-1]
TEST(Captures, Vp8LeavesRenumberedAndOtherwiseUntouched) {
  const Replay str0m =
      replay(testing_support::read_pcap(testing_support::capture_path("str0m_vp8.pcap")));
  EXPECT_EQ(str0m.packets, 104u);
  EXPECT_EQ(str0m.sent + str0m.waited, str0m.packets);
  EXPECT_GT(str0m.sent, 100u);
  EXPECT_EQ(str0m.picture_id_wraps, 1u);
}

// [VP8-2] T3.6
TEST(Captures, APictureIdThatWrapsLosesNothing) {
  const Replay fuzzed = replay(
      testing_support::read_rtpdump(testing_support::capture_path("libwebrtc_fuzz_vp8.rtpdump")));
  EXPECT_EQ(fuzzed.packets, 171u);
  EXPECT_EQ(fuzzed.sent, fuzzed.packets);
  EXPECT_EQ(fuzzed.picture_id_wraps, 1u);
}

// What leaves of the recorded L1T2 stream; the target becomes `later` after `packets` packets.
struct Layered {
  wire::Vp8Descriptor in;
  wire::Vp8Descriptor out;
  uint16_t sequence = 0;
};
std::vector<Layered> filter_str0m(uint8_t target, size_t packets, uint8_t later) {
  const auto datagrams =
      testing_support::read_pcap(testing_support::capture_path("str0m_vp8.pcap"));
  base::PacketPool pool(0, 8);
  Forwarder forwarder({wire::MediaKind::kVideo, 7, {}, {{kVp8, 100}}}, initial_state(65500));
  const wire::ExtensionMap none;
  std::vector<Layered> left;
  size_t given = 0;
  for (const testing_support::Bytes& datagram : datagrams) {
    const base::PacketRef packet = pool.acquire();
    packet.resize(datagram.size());
    std::copy(datagram.begin(), datagram.end(), packet.bytes().begin());
    wire::RtpView view;
    if (wire::parse_rtp(packet.bytes(), view) != wire::ParseError::kNone) continue;
    if (view.payload_type != 96) continue;
    const base::Instant now{int64_t{view.timestamp} * 100 / 9};
    forwarder.set_target({255, {255, given++ < packets ? target : later}}, now);
    const SourcePosition position{.source = {view.ssrc, 0},
                                  .sequence = view.sequence,
                                  .timestamp = view.timestamp,
                                  .arrived_at = now};
    const MediaPacket described = describe(packet, view, position, kVp8, none);
    wire::OutPacket out;
    if (forwarder.handle_packet(described, out) != Verdict::kSend) continue;
    Layered& layered = left.emplace_back();
    layered.in = *described.vp8;
    layered.sequence = out.header.sequence;
    EXPECT_EQ(wire::parse_vp8(testing_support::body_of(out), layered.out), wire::ParseError::kNone);
  }
  return left;
}

// [TMP-1] [VP8-4] T3.5
TEST(Captures, TheBaseLayerAloneIsAStreamOfItsOwn) {
  const std::vector<Layered> left = filter_str0m(0, 1000, 0);
  ASSERT_GT(left.size(), 50u);
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].in.temporal_id, 0);
    if (i == 0) continue;
    EXPECT_EQ(left[i].sequence, static_cast<uint16_t>(left[i - 1].sequence + 1));
    const int step = left[i].out.start_of_frame() ? 1 : 0;
    EXPECT_EQ(*left[i].out.picture_id, (*left[i - 1].out.picture_id + step) & 0x7fff);
    EXPECT_EQ(*left[i].out.tl0_pic_idx, static_cast<uint8_t>(*left[i - 1].out.tl0_pic_idx + step));
  }
}

// [TMP-2] T3.5
TEST(Captures, TheHigherLayerComesBackWhereItMay) {
  const std::vector<Layered> left = filter_str0m(0, 25, 1);
  const auto first = std::find_if(left.begin() + 1, left.end(), [](const Layered& layered) {
    return layered.in.temporal_id == 1 && layered.in.picture_id > 19489 + 20;
  });
  ASSERT_NE(first, left.end());
  EXPECT_TRUE(first->in.layer_sync);
  for (size_t i = 1; i < left.size(); ++i) {
    const int step = left[i].out.start_of_frame() ? 1 : 0;
    EXPECT_EQ(*left[i].out.picture_id, (*left[i - 1].out.picture_id + step) & 0x7fff);
    EXPECT_EQ(left[i].sequence, static_cast<uint16_t>(left[i - 1].sequence + 1));
  }
}

}  // namespace
}  // namespace forward
