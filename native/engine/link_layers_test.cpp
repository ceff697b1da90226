// Layers inside one stream (AV1 L3T3 by its dependency descriptor) that cross a link: all of them
// do, and who looks there chooses. Rules: SPEC.md, [LINK-4].
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "testing/dependency_trace.h"
#include "testing/linked_meetings.h"

namespace engine {
namespace {

using base::Duration;
using testing_support::Bytes;
using testing_support::handle;
using testing_support::LinkedMeetings;
using testing_support::ReceivedRtp;

constexpr uint8_t kAv1 = 45;
constexpr uint16_t kAv1Format = 7;
constexpr uint8_t kDescriptorId = 9;
constexpr uint32_t kSsrc = 4711;
constexpr uint32_t kViewers = 3;  // 2, 3 and 4, each wants one spatial layer more
constexpr uint32_t kFramePackets = 2;

const Codec kCodec{.payload_type = kAv1,
                   .codec = CodecKind::kAv1,
                   .clock_rate = 90000,
                   .channels = 0,
                   .rtx_payload_type = kAv1 + 1,
                   .format = kAv1Format,
                   .nack = true,
                   .pli = true,
                   .fir = false,
                   .transport_cc = false};

List<Codec> codecs() { return List<Codec>(std::span(&kCodec, 1)); }

// One temporal unit each 40 ms, with the number of its spatial layer at the end of each packet.
class Camera {
 public:
  void step(testing_support::VirtualPeer& peer, bool key) {
    const std::vector<testing_support::DependencyTracePacket> packets = trace_.next(key);
    for (size_t i = 0; i < packets.size(); ++i) {
      const bool starts = key && i == 0;
      const auto spatial = static_cast<uint8_t>(i / kFramePackets);
      const Bytes payload{static_cast<uint8_t>(starts ? 0x18 : 0x10),
                          static_cast<uint8_t>(starts ? 0x08 : 0x30), 0x55, spatial};
      const wire::ExtensionElement element{kDescriptorId, packets[i].descriptor};
      peer.send_rtp({.timestamp = timestamp_,
                     .ssrc = kSsrc,
                     .sequence = sequence_++,
                     .payload_type = kAv1,
                     .marker = packets[i].marker},
                    {&element, 1}, payload);
    }
    timestamp_ += 3600;
  }

 private:
  testing_support::DependencyTrace trace_{testing_support::l3t3(), 100};
  uint16_t sequence_ = 7;
  uint32_t timestamp_ = 1;
};

class LinkLayers : public testing::Test {
 protected:
  LinkLayers() {
    it.near.join(1);
    name_descriptor(it.near, 1);
    it.near.world.submit(publication(1, kSsrc, kSsrc + 1));
    it.open();
    for (testing_support::Meeting* meeting : {&it.near, &it.far}) {
      name_descriptor(*meeting, testing_support::kFirstLink);
    }
    const uint32_t ssrc = testing_support::link_ssrc(1);
    it.far.world.submit(publication(testing_support::kFirstLink, ssrc, ssrc + 1));
    it.far.world.submit(PublicationSetUsableCommand{handle(1), 1});
    add_slot(it.near, 1, testing_support::kFirstLink, ssrc);
    it.near.world.submit(LinkSubscriptionCreateCommand{handle(1), handle(1), handle(1), 0});
    for (uint32_t viewer = 2; viewer < 2 + kViewers; ++viewer) {
      it.far.join(viewer);
      name_descriptor(it.far, viewer);
      add_slot(it.far, viewer, viewer, 5000 + viewer);
    }
    EXPECT_TRUE(it.near.world.connect_all());
    EXPECT_TRUE(it.far.world.connect_all());
    for (uint8_t layer = 0; layer < kViewers; ++layer) {
      const Handle own = handle(2u + layer);
      it.far.world.submit(SubscriptionCreateCommand{own, handle(1), own, true, layer, 255});
    }
  }

  void run(Duration span) {
    it.run(span, [&] {
      testing_support::VirtualPeer& peer = it.near.world.peer(1);
      if (step_++ % 40 != 0) return;
      const bool asked = !peer.rtcp.empty();  // requests come seldom: any will do
      peer.rtcp.clear();
      camera_.step(peer, asked || step_ == 1);
    });
  }
  // Packets by spatial layer that a viewer has got since the last call.
  std::map<uint8_t, size_t> take(uint32_t viewer) {
    std::map<uint8_t, size_t> packets;
    for (const ReceivedRtp& packet : it.far.world.peer(viewer).rtp) {
      ++packets[packet.view.payload().back()];
    }
    it.far.world.peer(viewer).rtp.clear();
    return packets;
  }

  LinkedMeetings it;

 private:
  static PublicationCreateCommand publication(uint32_t transport, uint32_t ssrc, uint32_t rtx) {
    static Encoding encoding;
    encoding = {"", ssrc, rtx};
    return {.publication = handle(1),
            .room = handle(0),
            .transport = handle(transport),
            .kind = MediaKind::kVideo,
            .mid = "0",
            .codecs = codecs(),
            .encodings = List<Encoding>(std::span<const Encoding>(&encoding, 1)),
            .muted = false,
            .always_forwarded = false};
  }
  static void name_descriptor(testing_support::Meeting& meeting, uint32_t transport) {
    const Extension extension{kDescriptorId, ExtensionKind::kDependencyDescriptor};
    const List<Extension> list{std::span(&extension, 1)};
    meeting.world.submit(TransportSetExtensionsCommand{handle(transport), list, list});
  }
  static void add_slot(testing_support::Meeting& meeting, uint32_t outbound, uint32_t transport,
                       uint32_t ssrc) {
    meeting.world.submit(OutboundCreateCommand{.outbound = handle(outbound),
                                               .transport = handle(transport),
                                               .kind = MediaKind::kVideo,
                                               .mid = "",
                                               .ssrc = ssrc,
                                               .rtx_ssrc = ssrc + 1'000'000,
                                               .cname = "plenum",
                                               .codecs = codecs()});
  }

  Camera camera_;
  int64_t step_ = 0;
};

TEST_F(LinkLayers, AreChosenByWhoLooksThere) {
  run(Duration::seconds(2));
  for (uint32_t viewer = 2; viewer < 2 + kViewers; ++viewer) take(viewer);
  const size_t crossed = it.crossed[testing_support::link_ssrc(1)];
  run(Duration::seconds(2));
  EXPECT_EQ(it.crossed[testing_support::link_ssrc(1)] - crossed, 50 * 3 * kFramePackets);
  for (uint8_t top = 0; top < kViewers; ++top) {
    const auto packets = take(2u + top);
    ASSERT_EQ(packets.size(), top + 1u);
    for (const auto& [spatial, count] : packets) EXPECT_EQ(count, 50 * kFramePackets) << +spatial;
  }
}

// What was withheld of the structure cannot be understood later: after a cut it comes anew.
TEST_F(LinkLayers, AreThereAgainAfterACut) {
  run(Duration::seconds(2));
  it.cut(true);
  run(Duration::seconds(6));
  it.cut(false);
  run(Duration::seconds(2));
  for (uint32_t viewer = 2; viewer < 2 + kViewers; ++viewer) take(viewer);
  run(Duration::seconds(1));
  for (uint8_t top = 0; top < kViewers; ++top) {
    const auto packets = take(2u + top);
    ASSERT_EQ(packets.size(), top + 1u);
    for (const auto& [spatial, count] : packets) EXPECT_EQ(count, 25 * kFramePackets) << +spatial;
  }
}

}  // namespace
}  // namespace engine
