// Chromium's scalable video, as recorded, through a forwarder whose target changes at random. The
// recordings carry dependency descriptors: they judge what is forwarded, for VP9 too, whose layers
// are chosen without them.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "base/unwrapper.h"
#include "forward/forwarder.h"
#include "testing/capture.h"
#include "testing/fixtures.h"
#include "testing/rtp_packets.h"
#include "testing/seeded_random.h"

namespace forward {
namespace {

constexpr uint8_t kDescriptorId = 13;
constexpr uint8_t kPassedId = 7;

struct Recording {
  const char* name;
  wire::CodecKind codec;
  uint8_t payload_type;
};

const Recording kRecordings[] = {{"chromium_av1_l3t3", wire::CodecKind::kAv1, 45},
                                 {"chromium_av1_l3t3_key", wire::CodecKind::kAv1, 45},
                                 {"chromium_vp9_l3t3", wire::CodecKind::kVp9, 98},
                                 {"chromium_vp9_l3t3_key", wire::CodecKind::kVp9, 98}};

// What left, judged as a decoder would.
struct Judged {
  int frames = 0;
  int violations = 0;  // frames whose references did not leave
  int pictures = 0;
  int ended = 0;  // pictures whose last packet has the marker, and no other
  int gaps = 0;   // in sequence numbers
  int descriptors = 0;
  int unreadable = 0;  // descriptors that a receiver could not follow
  std::set<uint8_t> tops;
};

class LayerCaptures : public testing::TestWithParam<Recording> {
 protected:
  LayerCaptures() {
    publisher_.add(kDescriptorId, wire::ExtensionKind::kDependencyDescriptor);
    wire::ExtensionMap receiver;
    receiver.add(kPassedId, wire::ExtensionKind::kDependencyDescriptor);
    format_ = {GetParam().codec, 1};
    ForwarderState seed = initial_state(65000);
    seed.rtp.sent_anything = true;
    seed.vp9.last_picture_id = 32760;
    seed.dependency.last_number = 65500;
    seed.dependency.next_template = 60;
    forwarder_ = std::make_unique<Forwarder>(
        ForwarderConfig{wire::MediaKind::kVideo, 7, {}, {{format_, 100}}}, seed);
    forwarder_->set_extensions(receiver);
  }

  void give(const testing_support::Bytes& datagram) {
    base::PacketRef packet = pool_.acquire();
    if (datagram.size() < 12 || (datagram[1] & 0x7f) != GetParam().payload_type) return;
    packet.resize(datagram.size());
    std::copy(datagram.begin(), datagram.end(), packet.bytes().begin());
    wire::RtpView view;
    if (wire::parse_rtp(packet.bytes(), view) != wire::ParseError::kNone) return;
    SourcePosition position{.source = {view.ssrc, 0},
                            .sequence = sequences_.unwrap(view.sequence),
                            .timestamp = timestamps_.unwrap(view.timestamp),
                            .arrived_at = {}};
    position.arrived_at = base::Instant{1000000 + position.timestamp % 4294967296 * 100 / 9};
    now_ = position.arrived_at;
    MediaPacket described = describe(packet, view, position, format_, publisher_);
    tracker_.describe(described);
    ASSERT_NE(described.dependency, nullptr);
    wire::OutPacket out;
    if (forwarder_->handle_packet(described, out) != Verdict::kSend) return;
    judge(described, out);
  }

  void judge(const MediaPacket& packet, const wire::OutPacket& out) {
    if (last_sequence_) {
      judged_.gaps += out.header.sequence == static_cast<uint16_t>(*last_sequence_ + 1) ? 0 : 1;
    }
    last_sequence_ = out.header.sequence;
    if (packet.position.timestamp != picture_) end_picture();
    picture_ = packet.position.timestamp;
    markers_ += out.header.marker ? 1 : 0;
    ends_with_marker_ = out.header.marker;
    top_ = std::max(top_, packet.dependency->descriptor.frame.spatial_id);
    read_passed(out);
    const DependencyFrame& frame = *packet.dependency;
    if (!left_.insert(frame.number).second) return;
    ++judged_.frames;
    for (const uint16_t diff : frame.descriptor.frame.diffs()) {
      judged_.violations += left_.contains(frame.number - diff) ? 0 : 1;
    }
  }

  void end_picture() {
    if (picture_ < 0) return;
    ++judged_.pictures;
    judged_.ended += markers_ == 1 && ends_with_marker_ ? 1 : 0;
    judged_.tops.insert(top_);
    markers_ = 0;
    top_ = 0;
  }

  // As it is on the wire.
  void read_passed(const wire::OutPacket& out) {
    std::array<uint8_t, wire::kMaxOutHeaderSize> header{};
    const size_t size = wire::write_out_header(out, 1, wire::write_abs_send_time(now_.us), header);
    ASSERT_GT(size, 0u);
    wire::RtpView view;
    ASSERT_EQ(wire::parse_rtp(std::span(header).first(size), view), wire::ParseError::kNone);
    const auto value = view.extensions().find(kPassedId);
    if (!value) return;
    ++judged_.descriptors;
    wire::DependencyDescriptor descriptor;
    const auto error = parse_dependency_descriptor(*value, receiver_structure_, descriptor);
    judged_.unreadable += error == wire::ParseError::kNone ? 0 : 1;
  }

  base::PacketPool pool_{0, 8};
  wire::ExtensionMap publisher_;
  PayloadFormat format_;
  std::unique_ptr<Forwarder> forwarder_;
  DependencyTracker tracker_;
  base::SequenceUnwrapper sequences_;
  base::TimestampUnwrapper timestamps_;
  base::Instant now_;
  std::set<int64_t> left_;
  std::optional<uint16_t> last_sequence_;
  int64_t picture_ = -1;
  int markers_ = 0;
  bool ends_with_marker_ = false;
  uint8_t top_ = 0;
  wire::DependencyStructure receiver_structure_;
  Judged judged_;
};

// [V9L-1] [DDL-1] [DDR-1] [FWD-3], T4.2, T4.3, T4.7, E31
TEST_P(LayerCaptures, AreDecodableWhateverTheTarget_T4_2_T4_3_T4_7_E31) {
  testing_support::SeededRandom random(3);
  const auto datagrams = testing_support::read_rtpdump(
      testing_support::capture_path(std::string(GetParam().name) + ".rtpdump"));
  int count = 0;
  for (const testing_support::Bytes& datagram : datagrams) {
    if (++count % 80 == 0) {
      const Layer inside{static_cast<uint8_t>(random.below(3)),
                         static_cast<uint8_t>(random.below(3))};
      forwarder_->set_target({kHighestEncoding, inside}, now_);
    }
    give(datagram);
  }
  end_picture();
  EXPECT_GT(judged_.pictures, 20);
  EXPECT_EQ(judged_.violations, 0);
  EXPECT_EQ(judged_.ended, judged_.pictures);
  EXPECT_EQ(judged_.gaps, 0);
  EXPECT_EQ(judged_.unreadable, 0);
  EXPECT_EQ(judged_.descriptors > 0, GetParam().codec == wire::CodecKind::kAv1);
  RecordProperty("conformance", "T4.2 threshold=0 got=" + std::to_string(judged_.violations));
}

// T4.1: without a limit, everything leaves.
TEST_P(LayerCaptures, LeaveWholeWithoutALimit) {
  const auto datagrams = testing_support::read_rtpdump(
      testing_support::capture_path(std::string(GetParam().name) + ".rtpdump"));
  for (const testing_support::Bytes& datagram : datagrams) give(datagram);
  end_picture();
  EXPECT_EQ(judged_.violations, 0);
  EXPECT_EQ(judged_.ended, judged_.pictures);
  EXPECT_TRUE(judged_.tops.contains(2));
  EXPECT_FALSE(forwarder_->key_frame_wanted(now_));
}

struct Vp9Replay {
  int packets = 0;
  int sent = 0;
  int refused = 0;
  int repeated = 0;  // of outgoing sequence numbers
};

// A recording without layers, every packet of VP9.
Vp9Replay replay_vp9(const char* file) {
  base::PacketPool pool(0, 8);
  const PayloadFormat format{wire::CodecKind::kVp9, 1};
  Forwarder forwarder({wire::MediaKind::kVideo, 7, {}, {{format, 100}}}, initial_state(9));
  base::SequenceUnwrapper sequences;
  base::TimestampUnwrapper timestamps;
  std::set<uint16_t> numbers;
  int64_t highest = -1;
  Vp9Replay result;
  for (const testing_support::Bytes& datagram :
       testing_support::read_pcap(testing_support::capture_path(file))) {
    if (datagram.size() < 12 || (datagram[1] & 0x7f) != 98) continue;
    base::PacketRef packet = pool.acquire();
    packet.resize(datagram.size());
    std::copy(datagram.begin(), datagram.end(), packet.bytes().begin());
    wire::RtpView view;
    if (wire::parse_rtp(packet.bytes(), view) != wire::ParseError::kNone) continue;
    SourcePosition position{.source = {view.ssrc, 0},
                            .sequence = sequences.unwrap(view.sequence),
                            .timestamp = timestamps.unwrap(view.timestamp),
                            .arrived_at = base::Instant{1000000}};
    position.newest = position.sequence > highest;
    highest = std::max(highest, position.sequence);
    const MediaPacket described = describe(packet, view, position, format, {});
    ++result.packets;
    result.refused += !described.vp9 && !described.empty ? 1 : 0;
    wire::OutPacket out;
    if (forwarder.handle_packet(described, out) != Verdict::kSend) continue;
    ++result.sent;
    result.repeated += numbers.insert(out.header.sequence).second ? 0 : 1;
  }
  return result;
}

// [SEL-1] [SEQ-5], T4.4
TEST(Vp9Captures, NothingLeavesBeforeAKeyFrameAndGapsStay_T4_4) {
  const Vp9Replay without_key = replay_vp9("str0m_contiguous_vp9.pcap");
  EXPECT_EQ(without_key.packets, 200);
  EXPECT_EQ(without_key.sent, 0);
  const Vp9Replay with_loss = replay_vp9("str0m_vp9.pcap");
  EXPECT_EQ(with_loss.packets, 316);
  EXPECT_EQ(with_loss.refused, 0);
  EXPECT_GT(with_loss.sent, 200);
  EXPECT_EQ(with_loss.repeated, 0);
}

INSTANTIATE_TEST_SUITE_P(Chromium, LayerCaptures, testing::ValuesIn(kRecordings),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace forward
