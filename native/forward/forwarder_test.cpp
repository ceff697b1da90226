#include "forward/forwarder.h"

#include <gtest/gtest.h>

#include "testing/rtp_packets.h"

namespace forward {
namespace {

using base::Duration;
using base::Instant;
using testing_support::body_of;
using Bytes = std::vector<uint8_t>;

constexpr Instant kStart{10000000};
constexpr PayloadFormat kVp8{wire::CodecKind::kVp8, 1};
constexpr PayloadFormat kOpus{wire::CodecKind::kOpus, 2};
constexpr PayloadFormat kH264{wire::CodecKind::kH264, 3};

// S=1, I, L: 15-bit picture id, TL0PICIDX; then the frame's first byte, P=0 for key frames.
Bytes vp8_payload(uint16_t picture_id, uint8_t tl0, bool key, bool start = true) {
  return {static_cast<uint8_t>(start ? 0x90 : 0x80),
          0xc0,
          static_cast<uint8_t>(0x80 | picture_id >> 8),
          static_cast<uint8_t>(picture_id),
          tl0,
          static_cast<uint8_t>(key ? 0 : 1),
          0xde,
          0xad};
}

class ForwarderTest : public testing::Test {
 protected:
  ForwarderTest() {
    publisher_.add(1, wire::ExtensionKind::kAudioLevel);
    publisher_.add(2, wire::ExtensionKind::kTransportCc);
    publisher_.add(3, wire::ExtensionKind::kVideoOrientation);
    receiver_.add(9, wire::ExtensionKind::kMid);
    receiver_.add(5, wire::ExtensionKind::kTransportCc);
    receiver_.add(6, wire::ExtensionKind::kVideoOrientation);
  }

  Forwarder make(wire::MediaKind kind, const ForwarderState& seed = initial_state(1000)) {
    ForwarderConfig config{.kind = kind,
                           .ssrc = 77,
                           .mid = wire::Mid("7"),
                           .codecs = {{kVp8, 120, 121}, {kOpus, 111}, {kH264, 125, 126}}};
    Forwarder forwarder(config, seed);
    forwarder.set_extensions(receiver_);
    return forwarder;
  }

  struct Input {
    int64_t sequence = 0;
    int64_t timestamp = 0;
    Bytes payload;
    PayloadFormat format = kVp8;
    uint32_t ssrc = 1;
    uint32_t generation = 0;
    bool newest = true;
    bool marker = true;
    std::vector<wire::ExtensionElement> extensions = {};
  };

  Verdict give(Forwarder& forwarder, const Input& input) {
    received_ = testing_support::make_received(pool_,
                                               {.timestamp = static_cast<uint32_t>(input.timestamp),
                                                .ssrc = input.ssrc,
                                                .sequence = static_cast<uint16_t>(input.sequence),
                                                .payload_type = 96,
                                                .marker = input.marker},
                                               input.payload, input.extensions);
    const SourcePosition position{.source = {input.ssrc, input.generation},
                                  .sequence = input.sequence,
                                  .timestamp = input.timestamp,
                                  .newest = input.newest,
                                  .arrived_at = now_};
    now_ = now_ + Duration::millis(33);
    return forwarder.handle_packet(
        describe(received_.packet, received_.view, position, input.format, publisher_), out_);
  }

  base::PacketPool pool_{0, 16};
  wire::ExtensionMap publisher_;
  wire::ExtensionMap receiver_;
  testing_support::ReceivedPacket received_;
  wire::OutPacket out_;
  Instant now_ = kStart;
};

// [SEL-1]
TEST_F(ForwarderTest, VideoBeginsWithAKeyFrame) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  EXPECT_TRUE(forwarder.waits_for_key_frame());
  EXPECT_EQ(give(forwarder, {1, 0, vp8_payload(1, 1, false)}), Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {2, 0, vp8_payload(1, 1, true, false)}), Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {3, 0, vp8_payload(1, 1, true)}), Verdict::kSend);
  EXPECT_FALSE(forwarder.waits_for_key_frame());
  EXPECT_EQ(out_.header.sequence, 1000);
  EXPECT_EQ(give(forwarder, {4, 3000, vp8_payload(2, 2, false)}), Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1001);
}

// [SEL-1]
TEST_F(ForwarderTest, H264BeginsWithItsParameterSets) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  const Bytes idr = {0x65, 0x88, 0x80};
  const Bytes sps = {0x67, 0x42, 0xe0, 0x1f};
  EXPECT_EQ(give(forwarder, {1, 0, idr, kH264}), Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {2, 0, sps, kH264}), Verdict::kSend);
  EXPECT_EQ(give(forwarder, {3, 0, idr, kH264}), Verdict::kSend);
}

// [SEL-1]
TEST_F(ForwarderTest, AudioBeginsAtOnce) {
  Forwarder forwarder = make(wire::MediaKind::kAudio);
  EXPECT_FALSE(forwarder.waits_for_key_frame());
  EXPECT_EQ(give(forwarder, {500, 0, {1, 2, 3}, kOpus}), Verdict::kSend);
  EXPECT_EQ(out_.header.payload_type, 111);
  EXPECT_EQ(out_.rtx_payload_type, wire::kNoPayloadType);
}

// [SEL-2] E4
TEST_F(ForwarderTest, ARepairedStartIsTooLate) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  EXPECT_EQ(give(forwarder, {6, 0, vp8_payload(1, 1, true, false)}), Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {.sequence = 5, .payload = vp8_payload(1, 1, true), .newest = false}),
            Verdict::kWaitingForKeyFrame);
}

// [SEL-3] E3 E7
TEST_F(ForwarderTest, PacketsFromBeforeTheEpochAreIgnored) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 0, vp8_payload(1, 1, true)});
  EXPECT_EQ(give(forwarder, {.sequence = 9, .payload = vp8_payload(0, 0, false), .newest = false}),
            Verdict::kTooLate);
}

// [SEL-4] [SEQ-2] E5
TEST_F(ForwarderTest, PaddingIsLeftOutAndClosesUp) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 0, vp8_payload(1, 1, true)});
  EXPECT_EQ(give(forwarder, {11, 0, {}}), Verdict::kSkipped);
  EXPECT_EQ(give(forwarder, {12, 3000, vp8_payload(2, 2, false)}), Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1001);
}

// [SEL-1] E12 E19
TEST_F(ForwarderTest, APauseEndsTheEpochWithoutAGap) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 0, vp8_payload(1, 1, true)});
  forwarder.set_active(false);
  EXPECT_EQ(give(forwarder, {11, 3000, vp8_payload(2, 2, true)}), Verdict::kInactive);
  EXPECT_FALSE(forwarder.waits_for_key_frame());
  forwarder.set_active(true);
  EXPECT_TRUE(forwarder.waits_for_key_frame());
  EXPECT_EQ(give(forwarder, {400, 90000, vp8_payload(30, 30, false)}),
            Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {401, 93000, vp8_payload(31, 31, true)}), Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1001);
  EXPECT_EQ(out_.header.timestamp, 93000u);
  EXPECT_EQ(body_of(out_)[3], 2);  // picture id continues
}

// [SEL-1] E14
TEST_F(ForwarderTest, ARestartedPublisherWaitsForAKeyFrame) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 0, vp8_payload(1, 1, true)});
  EXPECT_EQ(give(forwarder, {.sequence = 5, .payload = vp8_payload(9, 9, false), .generation = 1}),
            Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {.sequence = 6, .payload = vp8_payload(9, 9, true), .generation = 1}),
            Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1001);
}

// [SEQ-4] E10
TEST_F(ForwarderTest, ASwitchAfterACutFrameLeavesOneNumber) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {.sequence = 10, .payload = vp8_payload(1, 1, true), .marker = false});
  EXPECT_EQ(give(forwarder, {.sequence = 90, .payload = vp8_payload(50, 5, true), .ssrc = 2}),
            Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1002);
  EXPECT_EQ(out_.header.ssrc, 77u);
}

// [FWD-1] [VP8-2]
TEST_F(ForwarderTest, ThePayloadIsSharedAndOnlyItsStartRewritten) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 0, vp8_payload(100, 7, true)});
  EXPECT_EQ(out_.prefix_size, 0);
  EXPECT_EQ(body_of(out_), vp8_payload(100, 7, true));
  EXPECT_EQ(out_.source.get(), received_.packet.get());
  give(forwarder, {.sequence = 20, .payload = vp8_payload(5, 200, true), .ssrc = 2});
  EXPECT_EQ(body_of(out_), vp8_payload(101, 8, true));
  EXPECT_EQ(out_.prefix_size, 5);
  EXPECT_EQ(out_.source.get(), received_.packet.get());
}

// [FWD-2]
TEST_F(ForwarderTest, WithoutAPayloadTypeNothingIsSent) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  EXPECT_EQ(give(forwarder, {1, 0, vp8_payload(1, 1, true), {wire::CodecKind::kVp8, 9}}),
            Verdict::kCodecUnsupported);
}

// [FWD-3]
TEST_F(ForwarderTest, ExtensionsPassWithTheReceiversIds) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  const Bytes level = {0x85};
  const Bytes number = {1, 2};
  const Bytes orientation = {3};
  give(forwarder, {.sequence = 1,
                   .payload = vp8_payload(1, 1, true),
                   .extensions = {{1, level}, {2, number}, {3, orientation}}});
  std::array<uint8_t, wire::kMaxOutHeaderSize> bytes;
  const size_t size =
      wire::write_out_header(out_, 500, wire::write_abs_send_time(kStart.us), bytes);
  wire::RtpView view;
  ASSERT_EQ(wire::parse_rtp({bytes.data(), size}, view), wire::ParseError::kNone);
  EXPECT_EQ((*view.extensions().find(6))[0], 3);
  EXPECT_EQ((*view.extensions().find(9))[0], '7');
  EXPECT_EQ(wire::read_transport_sequence(*view.extensions().find(5)), 500);
  EXPECT_FALSE(view.extensions().find(1).has_value());  // not negotiated with the receiver
}

// [FWD-4]
TEST_F(ForwarderTest, ASeededSuccessorGoesOnInTheEpoch) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 0, vp8_payload(1, 1, true)});
  give(forwarder, {11, 0, {}});
  Forwarder successor = make(wire::MediaKind::kVideo, forwarder.export_state());
  EXPECT_FALSE(successor.waits_for_key_frame());
  EXPECT_EQ(give(successor, {13, 3000, vp8_payload(2, 2, false)}), Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1002);
  EXPECT_EQ(out_.header.timestamp, 3000u);
}

// [FWD-4]: the slot of an outbound stream serves another publication.
TEST_F(ForwarderTest, AReusedStreamContinuesForAnotherPublication) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  give(forwarder, {10, 500000, vp8_payload(1, 1, true)});
  Forwarder successor = make(wire::MediaKind::kVideo, without_source(forwarder.export_state()));
  EXPECT_TRUE(successor.waits_for_key_frame());
  EXPECT_EQ(give(successor, {.sequence = 3, .payload = vp8_payload(9, 9, true), .ssrc = 4}),
            Verdict::kSend);
  EXPECT_EQ(out_.header.sequence, 1001);
  EXPECT_EQ(out_.header.timestamp, 500000u + 2970);
  EXPECT_EQ(body_of(out_)[3], 2);
}

TEST_F(ForwarderTest, MalformedPayloadsNeverBegin) {
  Forwarder forwarder = make(wire::MediaKind::kVideo);
  EXPECT_EQ(give(forwarder, {1, 0, {0x90}}), Verdict::kWaitingForKeyFrame);
  EXPECT_EQ(give(forwarder, {2, 0, vp8_payload(1, 1, true)}), Verdict::kSend);
  EXPECT_EQ(give(forwarder, {3, 0, {0x90}}), Verdict::kSend);
  EXPECT_EQ(body_of(out_), Bytes{0x90});
}

}  // namespace
}  // namespace forward
