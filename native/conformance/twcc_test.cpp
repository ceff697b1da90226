// draft-holmer-rmcat-transport-wide-cc-extensions-01: recorded and generated feedback messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "testing/bytes.h"
#include "testing/fixtures.h"
#include "testing/json.h"
#include "testing/seeded_random.h"
#include "wire/rtcp_transport_cc.h"

namespace {

using testing_support::Bytes;
using testing_support::Json;

struct Vector {
  Bytes bytes;
  wire::TransportCc feedback;
  std::vector<wire::PacketStatus> packets;
};

Vector decode(const Json& vector) {
  Vector decoded{
      .bytes = testing_support::from_hex(vector["hex"].string()), .feedback = {}, .packets = {}};
  wire::RtcpReader reader(decoded.bytes);
  wire::RtcpBlock block;
  EXPECT_TRUE(reader.next(block));
  EXPECT_EQ(block.type, wire::RtcpType::kTransportFeedback);
  EXPECT_EQ(block.count, wire::kTransportCcFormat);
  wire::TransportCcReader packets;
  EXPECT_EQ(wire::parse_transport_cc(block, decoded.feedback, packets), wire::ParseError::kNone);
  for (wire::PacketStatus status; packets.next(status);) decoded.packets.push_back(status);
  return decoded;
}

Json vectors() {
  return Json::read_file(testing_support::capture_path("twcc_vectors.json"))["vectors"];
}

// [TWCC-1]
// T1.1
TEST(TwccVectors, DecodeToTheListedOffsets) {
  const Json all = vectors();
  for (const Json& vector : all.items()) {
    SCOPED_TRACE(vector["name"].string());
    const Vector decoded = decode(vector);
    EXPECT_EQ(decoded.feedback.base_sequence, vector["base_seq"].integer());
    EXPECT_EQ(decoded.feedback.status_count, vector["status_count"].integer());
    EXPECT_EQ(decoded.feedback.reference_time, vector["reference_time_unsigned"].integer());
    EXPECT_EQ(decoded.feedback.feedback_count, vector["fb_pkt_count"].integer());
    EXPECT_EQ(decoded.packets.size(), vector["status_count"].number());
    // A list of thousands of lost packets is shortened to those that came.
    const auto& listed = vector["packets_seq_offset_us"].items();
    for (const Json& expected : listed) {
      const auto at = static_cast<uint16_t>(expected[0].integer() - vector["base_seq"].integer());
      const wire::PacketStatus& status = decoded.packets.at(at);
      EXPECT_EQ(status.sequence, expected[0].integer());
      EXPECT_EQ(status.received, !expected[1].is_null());
      if (status.received) {
        EXPECT_EQ(status.offset_us, expected[1].integer());
      }
    }
  }
}

// [TWCC-3]: our greedy choice of chunks gives the bytes of the generated vectors.
// T1.1
TEST(TwccVectors, ReencodeToTheSameBytes) {
  int generated = 0;
  const Json all = vectors();
  for (const Json& vector : all.items()) {
    if (vector["source"].string() != "generated for this SPEC") continue;
    SCOPED_TRACE(vector["name"].string());
    const Vector decoded = decode(vector);
    std::vector<wire::PacketArrival> arrivals;
    for (size_t i = 0; i < decoded.packets.size(); ++i) {
      const wire::PacketStatus& status = decoded.packets[i];
      const int64_t origin = decoded.feedback.reference_time * wire::kTransportCcReferenceUs;
      if (status.received) {
        arrivals.push_back(
            {decoded.feedback.base_sequence + static_cast<int64_t>(i), origin + status.offset_us});
      }
    }
    wire::TransportCc feedback{.sender_ssrc = decoded.feedback.sender_ssrc,
                               .media_ssrc = decoded.feedback.media_ssrc,
                               .feedback_count = decoded.feedback.feedback_count};
    Bytes out(1200);
    size_t taken = 0;
    out.resize(
        wire::write_transport_cc(feedback, decoded.feedback.base_sequence, arrivals, out, taken));
    EXPECT_EQ(testing_support::to_hex(out), vector["hex"].string());
    EXPECT_EQ(taken, arrivals.size());
    ++generated;
  }
  EXPECT_EQ(generated, 4);
}

// T1.2: what a peer may send instead of feedback is refused or read to its end, and never names
// more packets than its count can. Nothing is read outside: AddressSanitizer looks on.
TEST(TwccVectors, MutatedMessagesAreReadToTheirEnd) {
  constexpr int kMutations = 1'000'000;
  const Json all = vectors();
  std::vector<Bytes> originals;
  for (const Json& vector : all.items()) {
    originals.push_back(testing_support::from_hex(vector["hex"].string()));
  }
  testing_support::SeededRandom random(1);
  size_t read = 0;
  size_t most = 0;
  for (int i = 0; i < kMutations; ++i) {
    Bytes bytes = originals[random.u32() % originals.size()];
    for (uint32_t changes = 1 + random.u32() % 4; changes > 0; --changes) {
      bytes[4 + random.u32() % (bytes.size() - 4)] = static_cast<uint8_t>(random.u32());
    }
    bytes.resize(bytes.size() - (random.u32() % 8 == 0 ? random.u32() % (bytes.size() - 4) : 0));
    const wire::RtcpBlock block{wire::RtcpType::kTransportFeedback, wire::kTransportCcFormat,
                                std::span(bytes).subspan(4)};
    wire::TransportCc feedback;
    wire::TransportCcReader packets;
    if (wire::parse_transport_cc(block, feedback, packets) != wire::ParseError::kNone) continue;
    size_t count = 0;
    for (wire::PacketStatus status; packets.next(status);) ++count;
    ASSERT_EQ(count, feedback.status_count);
    most = std::max(most, count);
    ++read;
  }
  EXPECT_GT(read, kMutations / 100u) << "a test of refusals alone";
  EXPECT_LE(most, 65535u);
  RecordProperty("conformance",
                 "T1.2 threshold=65535 entries of 1000000 messages got=" + std::to_string(most) +
                     ", " + std::to_string(read) + " messages could be read");
}

}  // namespace
