#include "wire/rtcp_transport_cc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "testing/bytes.h"
#include "testing/seeded_random.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;
using testing_support::SeededRandom;

struct Decoded {
  ParseError error = ParseError::kNone;
  TransportCc feedback;
  std::vector<PacketStatus> packets;
};

Decoded decode(const Bytes& bytes) {
  Decoded decoded;
  RtcpReader reader(bytes);
  RtcpBlock block;
  if (!reader.next(block)) {
    decoded.error = reader.error();
    return decoded;
  }
  TransportCcReader packets;
  decoded.error = parse_transport_cc(block, decoded.feedback, packets);
  if (decoded.error != ParseError::kNone) return decoded;
  for (PacketStatus status; packets.next(status);) decoded.packets.push_back(status);
  return decoded;
}

// A message with this part after the fixed header (base 10, the given count, reference time 0).
Bytes message(uint16_t status_count, const char* chunks_and_deltas) {
  Bytes bytes = from_hex("8fcd0000 00000001 00000002 000a0000 00000000");
  bytes[14] = static_cast<uint8_t>(status_count >> 8);
  bytes[15] = static_cast<uint8_t>(status_count);
  const Bytes rest = from_hex(chunks_and_deltas);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  bytes.resize((bytes.size() + 3) / 4 * 4);
  bytes[3] = static_cast<uint8_t>(bytes.size() / 4 - 1);
  return bytes;
}

// [TWCC-1]
TEST(TransportCc, ReadsEachKindOfChunk) {
  // Run of 2 small, one-bit vector of 14 (second bit set), two-bit vector of 7 (small, large).
  const Decoded decoded = decode(message(23, "2002 9000 d800 04 08 0c 10 fff0"));
  ASSERT_EQ(decoded.error, ParseError::kNone);
  ASSERT_EQ(decoded.packets.size(), 23u);
  std::map<int, int64_t> received;
  for (const PacketStatus& packet : decoded.packets) {
    if (packet.received) received[packet.sequence] = packet.offset_us;
  }
  const std::map<int, int64_t> expected{
      {10, 1000}, {11, 3000}, {13, 6000}, {26, 10000}, {27, 6000}};
  EXPECT_EQ(received, expected);
}

// [TWCC-1]
TEST(TransportCc, IgnoresSurplusSymbols) {
  EXPECT_EQ(decode(message(1, "bfff 04")).packets.size(), 1u);
  EXPECT_EQ(decode(message(1, "ffff 04")).error, ParseError::kBadType);
  EXPECT_EQ(decode(message(1, "dfff 04")).packets.size(), 1u);
  EXPECT_EQ(decode(message(3, "3fff 040404")).packets.size(), 3u);
}

// [TWCC-2]
TEST(TransportCc, RefusesTheWholeMessage) {
  EXPECT_EQ(decode(message(0, "2001 04")).error, ParseError::kBadValue);
  EXPECT_EQ(decode(message(1, "2000 04")).error, ParseError::kBadValue);
  EXPECT_EQ(decode(message(1, "6001 04")).error, ParseError::kBadType);
  EXPECT_EQ(decode(message(4, "2002 2001")).error, ParseError::kTruncated);
  EXPECT_EQ(decode(message(5, "2005 0404")).error, ParseError::kTruncated);
  EXPECT_EQ(decode(message(2, "4002 0404")).error, ParseError::kTruncated);
  EXPECT_EQ(decode(message(20, "2002 2003")).error, ParseError::kTruncated);
  EXPECT_EQ(decode(from_hex("8fcd0002 00000001 00000002")).error, ParseError::kTruncated);
}

// [TWCC-3]
TEST(TransportCc, RunsOf14AreRunsAndShorterOnesAreNot) {
  for (const size_t run : {13u, 14u, 15u, 8191u, 8192u}) {
    std::vector<PacketArrival> arrivals;
    for (size_t i = 0; i < run; ++i) arrivals.push_back({static_cast<int64_t>(i), 0});
    arrivals.push_back({static_cast<int64_t>(run + 1), 0});
    TransportCc feedback;
    Bytes out(20000);
    size_t taken = 0;
    ASSERT_GT(write_transport_cc(feedback, 0, arrivals, out, taken), 0u);
    EXPECT_EQ((out[20] & 0x80) != 0, run == 13) << run;
    EXPECT_EQ(taken, run + 1);
  }
}

// [TWCC-5]
TEST(TransportCc, EndsBeforeADeltaOutOfRange) {
  const int64_t largest = 32767 * kTransportCcTickUs;
  const std::vector<PacketArrival> arrivals{{1, 0}, {2, largest}, {3, 2 * largest + 250}};
  TransportCc feedback;
  Bytes out(200);
  size_t taken = 0;
  ASSERT_GT(write_transport_cc(feedback, 1, arrivals, out, taken), 0u);
  EXPECT_EQ(taken, 2u);
  const std::vector<PacketArrival> back{
      {1, 0}, {2, -32768 * kTransportCcTickUs}, {3, -65537 * kTransportCcTickUs}};
  ASSERT_GT(write_transport_cc(feedback, 1, back, out, taken), 0u);
  EXPECT_EQ(taken, 2u);
}

// [TWCC-5]
TEST(TransportCc, EndsBeforeTooManyStatuses) {
  const std::vector<PacketArrival> arrivals{{0, 0}, {65534, 0}, {65535, 0}};
  TransportCc feedback;
  Bytes out(200);
  size_t taken = 0;
  out.resize(write_transport_cc(feedback, 0, arrivals, out, taken));
  EXPECT_EQ(taken, 2u);
  EXPECT_EQ(feedback.status_count, 65535);
  EXPECT_EQ(decode(out).packets.size(), 65535u);
}

// [TWCC-5]
TEST(TransportCc, EndsWhereRoomEnds) {
  std::vector<PacketArrival> arrivals;
  for (int64_t i = 0; i < 1000; ++i) arrivals.push_back({i * 2, i * 100'000});
  Bytes out(300);
  size_t done = 0;
  while (done < arrivals.size()) {
    TransportCc feedback;
    size_t taken = 0;
    const auto left = std::span(arrivals).subspan(done);
    const size_t size = write_transport_cc(feedback, left[0].sequence, left, out, taken);
    ASSERT_GT(size, 0u);
    const Decoded decoded = decode(Bytes(out.begin(), out.begin() + static_cast<ptrdiff_t>(size)));
    ASSERT_EQ(decoded.error, ParseError::kNone);
    done += taken;
    ASSERT_EQ(decoded.packets.back().sequence, static_cast<uint16_t>(arrivals[done - 1].sequence));
  }
}

TEST(TransportCc, RefusesArrivalsOutOfOrder) {
  TransportCc feedback;
  Bytes out(200);
  size_t taken = 0;
  const std::vector<PacketArrival> repeated{{1, 0}, {1, 0}};
  ASSERT_GT(write_transport_cc(feedback, 1, repeated, out, taken), 0u);
  EXPECT_EQ(taken, 1u);
  EXPECT_EQ(write_transport_cc(feedback, 2, repeated, out, taken), 0u);
  EXPECT_EQ(write_transport_cc(feedback, 1, {}, out, taken), 0u);
}

// Random arrivals in sequence order: losses, reordering in time, pauses of up to 8 s.
std::vector<PacketArrival> random_arrivals(SeededRandom& random, int64_t first, size_t count) {
  std::vector<PacketArrival> arrivals;
  constexpr int64_t kReferenceCycleUs = (int64_t{1} << 24) * kTransportCcReferenceUs;
  int64_t time = kReferenceCycleUs - static_cast<int64_t>(random.below(20'000'000));
  const uint64_t loss_percent = random.below(31);
  for (size_t i = 0; i < count; ++i) {
    time += static_cast<int64_t>(random.chance(1) ? random.below(8'000'000) : random.below(3000));
    if (random.chance(loss_percent)) continue;
    const int64_t late = random.chance(5) ? static_cast<int64_t>(random.below(100'000)) : 0;
    arrivals.push_back({first + static_cast<int64_t>(i), time + late});
  }
  return arrivals;
}

// Signed distance of two times that are known modulo the cycle of the reference time.
int64_t distance_us(int64_t a, int64_t b) {
  constexpr int64_t kCycleUs = (int64_t{1} << 24) * kTransportCcReferenceUs;
  const int64_t distance = ((a - b) % kCycleUs + kCycleUs) % kCycleUs;
  return distance < kCycleUs / 2 ? distance : distance - kCycleUs;
}

// Sends all arrivals in messages of at most 1200 bytes and checks each decoded status.
void expect_round_trip(int64_t first, std::span<const PacketArrival> arrivals) {
  int64_t next = first;
  while (!arrivals.empty()) {
    Bytes out(1200);
    TransportCc feedback{.sender_ssrc = 1, .media_ssrc = 2, .feedback_count = 3};
    size_t taken = 0;
    out.resize(write_transport_cc(feedback, next, arrivals, out, taken));
    const Decoded decoded = decode(out);
    ASSERT_EQ(decoded.error, ParseError::kNone);
    ASSERT_EQ(decoded.feedback, feedback);
    const int64_t origin = feedback.reference_time * kTransportCcReferenceUs;
    for (const PacketStatus& status : decoded.packets) {
      ASSERT_EQ(status.sequence, static_cast<uint16_t>(next));
      ASSERT_EQ(status.received, arrivals[0].sequence == next);
      ++next;
      if (!status.received) continue;
      ASSERT_LE(std::abs(distance_us(origin + status.offset_us, arrivals[0].arrival_us)), 125);
      arrivals = arrivals.subspan(1);
    }
  }
}

// [TWCC-4] [TWCC-5] [WIRE-2]: random arrivals around the wrap of the sequence number (16 bits) and
// of the reference time (24 bits × 64 ms).
TEST(TransportCc, ArrivalMapsRoundTripWithin125Us) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    const auto first = static_cast<int64_t>(65536 * 3 - 400 + random.below(800));
    const auto arrivals = random_arrivals(random, first, 1 + random.below(600));
    ASSERT_NO_FATAL_FAILURE(expect_round_trip(first, arrivals));
  }
}

}  // namespace
}  // namespace wire
