// Recorded streams of browsers through the parsers: every packet is read, and what is read agrees
// with what is known about each file (test/fixtures/captures/README.md).
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/unwrapper.h"
#include "testing/capture.h"
#include "testing/fixtures.h"
#include "wire/av1.h"
#include "wire/demux.h"
#include "wire/h264.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"
#include "wire/vp8.h"
#include "wire/vp9.h"

namespace {

using testing_support::Bytes;
using testing_support::capture_path;
using wire::ParseError;

// What every capture shows about its RTP packets.
struct Overview {
  size_t rtp = 0;
  size_t rtcp = 0;
  std::set<uint32_t> ssrcs;
  std::set<uint8_t> payload_types;
  std::set<int64_t> sequences;

  // Numbers between the first and the last that never came.
  int64_t missing() const {
    return *sequences.rbegin() - *sequences.begin() + 1 - static_cast<int64_t>(sequences.size());
  }
};

void expect_readable_rtcp(const Bytes& packet) {
  wire::RtcpReader reader(packet);
  for (wire::RtcpBlock block; reader.next(block);) continue;
  EXPECT_EQ(reader.error(), ParseError::kNone);
}

Overview replay(const std::vector<Bytes>& packets,
                const std::function<void(const wire::RtpView&)>& each) {
  Overview overview;
  base::SequenceUnwrapper sequence;
  for (const Bytes& packet : packets) {
    if (wire::classify(packet) == wire::PacketKind::kRtcp) {
      expect_readable_rtcp(packet);
      ++overview.rtcp;
      continue;
    }
    wire::RtpView view;
    EXPECT_EQ(wire::parse_rtp(packet, view), ParseError::kNone);
    ++overview.rtp;
    overview.ssrcs.insert(view.ssrc);
    overview.payload_types.insert(view.payload_type);
    overview.sequences.insert(sequence.unwrap(view.sequence));
    each(view);
  }
  return overview;
}

TEST(Captures, Vp8WithTwoTemporalLayers) {
  std::map<std::pair<int, bool>, int> layers;  // (temporal id, layer sync) → packets
  std::set<int64_t> pictures;
  base::Unwrapper<uint8_t> tl0_pic_idx;
  int64_t first_tl0 = -1;
  int key_frames = 0;
  const Overview overview = replay(
      testing_support::read_pcap(capture_path("str0m_vp8.pcap")), [&](const wire::RtpView& view) {
        wire::Vp8Descriptor descriptor;
        ASSERT_EQ(wire::parse_vp8(view.payload(), descriptor), ParseError::kNone);
        ASSERT_TRUE(descriptor.long_picture_id && descriptor.temporal_id);
        ++layers[{*descriptor.temporal_id, descriptor.layer_sync}];
        pictures.insert(*descriptor.picture_id);
        tl0_pic_idx.unwrap(*descriptor.tl0_pic_idx);
        if (first_tl0 < 0) first_tl0 = tl0_pic_idx.last();
        if (descriptor.key_frame) ++key_frames;
      });
  EXPECT_EQ(overview.rtp, 104u);
  EXPECT_EQ(overview.ssrcs.size(), 1u);
  EXPECT_EQ(overview.payload_types, std::set<uint8_t>{96});
  EXPECT_EQ(*pictures.begin(), 19489);
  EXPECT_EQ(*pictures.rbegin(), 19589);
  EXPECT_EQ((layers[{0, true}]), 3);
  EXPECT_EQ((layers[{0, false}]), 51);
  EXPECT_EQ((layers[{1, true}]), 26);
  EXPECT_EQ((layers[{1, false}]), 24);
  EXPECT_EQ(first_tl0, 220);
  EXPECT_EQ(tl0_pic_idx.last(), 256 + 14);
  EXPECT_EQ(key_frames, 3);
}

TEST(Captures, Vp8PictureIdsWrap) {
  base::Unwrapper<uint16_t, 15> picture_id;
  std::set<int64_t> pictures;
  const Overview overview =
      replay(testing_support::read_rtpdump(capture_path("libwebrtc_fuzz_vp8.rtpdump")),
             [&](const wire::RtpView& view) {
               if (view.payload_size == 0) return;
               wire::Vp8Descriptor descriptor;
               ASSERT_EQ(wire::parse_vp8(view.payload(), descriptor), ParseError::kNone);
               EXPECT_FALSE(descriptor.temporal_id);
               pictures.insert(picture_id.unwrap(*descriptor.picture_id));
             });
  EXPECT_EQ(overview.rtp, 171u);
  EXPECT_EQ(overview.rtcp, 4u);
  EXPECT_EQ(*pictures.begin(), 32742);
  EXPECT_EQ(*pictures.rbegin(), 32768 + 93);
}

TEST(Captures, Vp9WithLoss) {
  int key_frames = 0;
  const Overview overview = replay(
      testing_support::read_pcap(capture_path("str0m_vp9.pcap")), [&](const wire::RtpView& view) {
        wire::Vp9Descriptor descriptor;
        ASSERT_EQ(wire::parse_vp9(view.payload(), descriptor), ParseError::kNone);
        EXPECT_FALSE(descriptor.flexible);
        EXPECT_EQ(descriptor.spatial_id, 0);
        if (descriptor.key_frame()) ++key_frames;
      });
  EXPECT_EQ(overview.rtp, 316u);
  EXPECT_EQ(overview.payload_types, std::set<uint8_t>{98});
  EXPECT_EQ(overview.missing(), 279);
  EXPECT_EQ(key_frames, 1);
}

// The last of the 16 frames is cut.
TEST(Captures, Vp9WithoutLossOrKeyFrame) {
  int starts = 0;
  int ends = 0;
  int key_frames = 0;
  const auto packets = testing_support::read_pcap(capture_path("str0m_contiguous_vp9.pcap"));
  const Overview overview = replay(packets, [&](const wire::RtpView& view) {
    wire::Vp9Descriptor descriptor;
    ASSERT_EQ(wire::parse_vp9(view.payload(), descriptor), ParseError::kNone);
    starts += descriptor.start_of_frame ? 1 : 0;
    ends += descriptor.end_of_frame ? 1 : 0;
    key_frames += descriptor.key_frame() ? 1 : 0;
  });
  EXPECT_EQ(overview.rtp, 200u);
  EXPECT_EQ(overview.missing(), 0);
  EXPECT_EQ(starts, 16);
  EXPECT_EQ(ends, 15);
  EXPECT_EQ(key_frames, 0);
}

TEST(Captures, Vp9SingleLayer) {
  const Overview overview =
      replay(testing_support::read_rtpdump(capture_path("libwebrtc_fuzz_vp9.rtpdump")),
             [](const wire::RtpView& view) {
               if (view.payload_size == 0) return;
               wire::Vp9Descriptor descriptor;
               ASSERT_EQ(wire::parse_vp9(view.payload(), descriptor), ParseError::kNone);
               EXPECT_EQ(descriptor.spatial_id, 0);
             });
  EXPECT_EQ(overview.rtp, 187u);
  EXPECT_EQ(overview.rtcp, 6u);
}

// One aggregation announces more bytes than its packet has: refused, never read beyond.
TEST(Captures, H264InEveryPacketization) {
  std::map<int, int> packet_types;
  int refused = 0;
  std::set<uint32_t> key_frame_timestamps;
  const auto packets = testing_support::read_pcap(capture_path("str0m_h264.pcap"));
  const Overview overview = replay(packets, [&](const wire::RtpView& view) {
    wire::H264Payload payload;
    const ParseError error = wire::parse_h264(view.payload(), payload);
    ++packet_types[payload.packet_type];
    if (payload.key_frame()) key_frame_timestamps.insert(view.timestamp);
    if (error == ParseError::kNone) return;
    EXPECT_EQ(error, ParseError::kTruncated);
    ++refused;
  });
  EXPECT_EQ(overview.rtp, 298u);
  EXPECT_EQ(overview.payload_types, std::set<uint8_t>{126});
  EXPECT_EQ(packet_types, (std::map<int, int>{{1, 238}, {24, 8}, {28, 52}}));
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(key_frame_timestamps.size(), 8u);
}

TEST(Captures, Av1) {
  int sequences = 0;
  const auto packets = testing_support::read_pcap(capture_path("str0m_av1.pcap"));
  const Overview overview = replay(packets, [&](const wire::RtpView& view) {
    wire::Av1Payload payload;
    ASSERT_EQ(wire::parse_av1(view.payload(), payload), ParseError::kNone);
    EXPECT_EQ(payload.new_sequence, payload.has_sequence_header);
    sequences += payload.key_frame() ? 1 : 0;
  });
  EXPECT_EQ(overview.rtp, 201u);
  EXPECT_EQ(overview.payload_types, std::set<uint8_t>{45});
  EXPECT_GE(sequences, 1);
}

}  // namespace
