// [WIRE-1] for every parser at once: no allocation, and no input that breaks it.
#include <gtest/gtest.h>

#include <array>

#include "testing/allocations.h"
#include "testing/bytes.h"
#include "testing/seeded_random.h"
#include "wire/av1.h"
#include "wire/h264.h"
#include "wire/rtcp.h"
#include "wire/rtcp_sdes.h"
#include "wire/rtcp_transport_cc.h"
#include "wire/rtp.h"
#include "wire/stun.h"
#include "wire/vp8.h"
#include "wire/vp9.h"

namespace wire {
namespace {

using testing_support::Bytes;

// A Binding request, RTP with two extension elements, SR + SDES, feedback with every kind of chunk.
const std::array<Bytes, 4>& samples() {
  static const std::array<Bytes, 4> packets{
      testing_support::from_hex(
          "00010018 2112a442 b7e7a701 bc34d686 fa87dfae 00240004 6e0001ff 00250000"
          "00060008 6576746a 3a683676"),
      testing_support::from_hex(
          "b2e0ffff 00000002 00000003 aaaaaaaa bbbbbbbb bede0002 10ff2101 02000000"
          "90e0cc21 dc203000 00000003"),
      testing_support::from_hex("80c80006 00000001 83aa7e80 40000000 00015f90 00000007 00001b58"
                                "81ca0003 00000001 01016100 00000000"),
      testing_support::from_hex(
          "8fcd0008 00000001 00000002 000a0017 00000000 20029000 d8000408 0c10fff0 00000000"),
  };
  return packets;
}

void parse_as_everything(std::span<const uint8_t> packet) {
  StunMessage stun;
  (void)parse_stun(packet, stun);
  RtpView view;
  if (parse_rtp(packet, view) == ParseError::kNone) (void)view.extensions().find(2);
  RtcpReader reader(packet);
  for (RtcpBlock block; reader.next(block);) {
    SdesReader chunks(block);
    for (SdesChunk chunk; chunks.next(chunk);) continue;
    TransportCc feedback;
    TransportCcReader statuses;
    if (parse_transport_cc(block, feedback, statuses) != ParseError::kNone) continue;
    for (PacketStatus status; statuses.next(status);) continue;
  }
  Vp8Descriptor vp8;
  Vp9Descriptor vp9;
  H264Payload h264;
  Av1Payload av1;
  (void)parse_vp8(packet, vp8);
  (void)parse_vp9(packet, vp9);
  (void)parse_h264(packet, h264);
  (void)parse_av1(packet, av1);
}

TEST(Parsing, AllocatesNothing) {
  const auto& packets = samples();
  StunMessage stun;
  RtpView view;
  ASSERT_EQ(parse_stun(packets[0], stun), ParseError::kNone);
  ASSERT_EQ(parse_rtp(packets[1], view), ParseError::kNone);
  for (const Bytes& compound : {packets[2], packets[3]}) {
    RtcpReader reader(compound);
    for (RtcpBlock block; reader.next(block);) continue;
    ASSERT_EQ(reader.error(), ParseError::kNone);
  }
  const uint64_t before = testing_support::allocations();
  for (const Bytes& packet : packets) parse_as_everything(packet);
  EXPECT_EQ(testing_support::allocations(), before);
}

TEST(Parsing, SurvivesMutationsAndCuts) {
  testing_support::SeededRandom random(5);
  for (int round = 0; round < 50'000; ++round) {
    Bytes packet = samples()[random.below(samples().size())];
    for (uint64_t i = random.below(6); i > 0; --i) {
      packet[random.below(packet.size())] = static_cast<uint8_t>(random.u16());
    }
    if (random.chance(30)) packet.resize(random.below(packet.size()));
    parse_as_everything(packet);
  }
}

}  // namespace
}  // namespace wire
