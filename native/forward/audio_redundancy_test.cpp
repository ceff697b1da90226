#include "forward/audio_redundancy.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "forward/forwarder.h"
#include "testing/rtp_packets.h"
#include "testing/seeded_random.h"

namespace forward {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr PayloadFormat kOpus{wire::CodecKind::kOpus, 0};
constexpr uint8_t kOpusType = 96;
constexpr uint8_t kRedType = 112;

// A publisher of plain Opus and the packet that a subscriber with RED gets.
class Chain {
 public:
  explicit Chain(size_t distance) : maker_(distance) {}

  // Number and timestamp of the publisher; returns what leaves.
  wire::OutPacket send(int64_t sequence, int64_t timestamp, const Bytes& payload) {
    received_ = testing_support::make_received(pool_,
                                               {.timestamp = static_cast<uint32_t>(timestamp),
                                                .ssrc = 1,
                                                .sequence = static_cast<uint16_t>(sequence),
                                                .payload_type = 111,
                                                .marker = false},
                                               payload, {{1, level_}});
    const MediaPacket packet = describe(
        received_.packet, received_.view,
        {{1, 0}, sequence, timestamp, 48000, true, base::Instant{timestamp * 1000 / 48}, {}}, kOpus,
        extensions_);
    Redundancy made;
    const bool silent = payload.size() <= 1;
    const bool is_made = maker_.handle_packet(packet, silent, pool_, made);
    wire::OutPacket out;
    EXPECT_EQ(forwarder_.handle_packet(packet, out), Verdict::kSend);
    if (is_made) add_redundancy(made, timestamp, begun_at, kRedType, out);
    return out;
  }

  int64_t begun_at = 0;

 private:
  base::PacketPool pool_{0, 64};
  RedundancyMaker maker_;
  Bytes level_ = {0x85};
  wire::ExtensionMap extensions_ = [] {
    wire::ExtensionMap map;
    map.add(1, wire::ExtensionKind::kAudioLevel);
    return map;
  }();
  Forwarder forwarder_ = [this] {
    Forwarder made({.kind = wire::MediaKind::kAudio,
                    .ssrc = 7,
                    .mid = wire::Mid("1"),
                    .codecs = {{kOpus, kOpusType}}},
                   initial_state(100));
    made.set_extensions(extensions_);
    return made;
  }();
  testing_support::ReceivedPacket received_;
};

wire::RedPayload read(const wire::OutPacket& packet, Bytes& body) {
  body = testing_support::body_of(packet);
  wire::RedPayload red;
  EXPECT_EQ(wire::parse_red(body, red), wire::ParseError::kNone);
  return red;
}

Bytes data_of(const Bytes& body, const wire::RedBlock& block) {
  return {body.begin() + block.offset, body.begin() + block.offset + block.size};
}

// [RED-5] R5.13
TEST(AudioRedundancy, RepeatsTheFramesBefore) {
  Chain chain(2);
  EXPECT_EQ(chain.send(1, 960, {1, 1, 1, 1}).header.payload_type, kOpusType);
  chain.send(2, 1920, {2, 2, 2});
  const wire::OutPacket out = chain.send(3, 2880, {3, 3, 3, 3, 3});
  EXPECT_EQ(out.header.payload_type, kRedType);
  Bytes body;
  const wire::RedPayload red = read(out, body);
  ASSERT_EQ(red.count, 3u);
  EXPECT_EQ(data_of(body, red.blocks[0]), Bytes(4, 1));
  EXPECT_EQ(data_of(body, red.blocks[1]), Bytes(3, 2));
  EXPECT_EQ(data_of(body, red.blocks[2]), Bytes(5, 3));
  EXPECT_EQ(red.blocks[0].timestamp_offset, 1920);
  EXPECT_EQ(red.blocks[1].timestamp_offset, 960);
  for (size_t i = 0; i < red.count; ++i) EXPECT_EQ(red.blocks[i].payload_type, kOpusType);
}

// [RED-5]: extensions are found in the copy.
TEST(AudioRedundancy, KeepsTheExtensions) {
  Chain chain(1);
  chain.send(1, 960, {1, 1, 1, 1});
  const wire::OutPacket out = chain.send(2, 1920, {2, 2, 2});
  std::array<uint8_t, wire::kMaxOutHeaderSize> bytes;
  const size_t size = wire::write_out_header(out, 1, wire::write_abs_send_time(1), bytes);
  wire::RtpView view;
  ASSERT_EQ(wire::parse_rtp({bytes.data(), size}, view), wire::ParseError::kNone);
  EXPECT_EQ((*view.extensions().find(1))[0], 0x85);
}

// [RED-5] R5.13: nothing across a loss, a pause or silence.
TEST(AudioRedundancy, SkipsWhatIsNotANeighbour) {
  Chain chain(2);
  chain.send(1, 960, {1, 1, 1});
  EXPECT_EQ(chain.send(3, 2880, {3, 3, 3}).header.payload_type, kOpusType) << "a lost number";
  EXPECT_EQ(chain.send(4, 2880 + 19200, {4, 4, 4}).header.payload_type, kOpusType) << "a pause";
  EXPECT_EQ(chain.send(5, 2880 + 20160, {5}).header.payload_type, kOpusType) << "silence";
  EXPECT_EQ(chain.send(6, 2880 + 21120, {6, 6, 6}).header.payload_type, kOpusType)
      << "after silence";
  EXPECT_EQ(chain.send(7, 2880 + 22080, Bytes(kMaxRepeatedSize + 1, 7)).header.payload_type,
            kOpusType)
      << "too long to repeat anything";
  EXPECT_EQ(chain.send(8, 2880 + 23040, {8, 8, 8}).header.payload_type, kOpusType);
  EXPECT_EQ(chain.send(9, 2880 + 24000, {9, 9, 9}).header.payload_type, kRedType);
}

// [RED-6] R5.11
TEST(AudioRedundancy, NothingFromBeforeTheEntry) {
  Chain chain(2);
  chain.send(1, 960, {1, 1, 1});
  chain.begun_at = 1920;
  EXPECT_EQ(chain.send(2, 1920, {2, 2, 2}).header.payload_type, kOpusType);
  Bytes body;
  const wire::RedPayload red = read(chain.send(3, 2880, {3, 3, 3}), body);
  EXPECT_EQ(red.count, 2u);
  EXPECT_EQ(read(chain.send(4, 3840, {4, 4, 4}), body).count, 3u);
}

// [RED-6]: the newest frames of a long chain; those that are silence end it.
TEST(AudioRedundancy, PassesOnWhatFits) {
  base::PacketPool pool(0, 4);
  Redundancy redundancy{pool.acquire(), {}};
  redundancy.packet.resize(100);
  for (uint8_t& byte : redundancy.packet.bytes()) byte = 0x78;
  for (uint16_t i = 0; i < 6; ++i) {
    const auto offset = static_cast<uint16_t>(960 * (5 - i));
    redundancy.frames.blocks[i] = {111, offset, static_cast<uint16_t>(20 + 10 * i), 10};
  }
  redundancy.frames.count = 6;
  wire::OutPacket out;
  out.header.payload_type = kOpusType;
  add_redundancy(redundancy, 96000, 0, kRedType, out);
  Bytes body;
  EXPECT_EQ(read(out, body).count, kMaxPassedBlocks + 1);
  EXPECT_EQ(out.payload_offset, 40);
  EXPECT_EQ(out.payload_size, 40);

  redundancy.frames.blocks[4].size = 1;  // an empty Opus frame
  wire::OutPacket other;
  other.header.payload_type = kOpusType;
  add_redundancy(redundancy, 96000, 0, kRedType, other);
  EXPECT_EQ(other.header.payload_type, kOpusType);
}

// [RED-5] T5.2: speech and silence; 10 % of what leaves is lost; what the subscriber can play.
void play(size_t distance, double& residual) {
  constexpr int kFrames = 20'000;
  Chain chain(distance);
  testing_support::SeededRandom random(distance);
  int64_t sequence = 0;
  int64_t timestamp = 0;
  std::set<int64_t> spoken;
  std::set<int64_t> played;
  std::map<int64_t, Bytes> content;
  for (int i = 0; i < kFrames; ++i) {
    const bool pause = i % 200 == 199;
    const Bytes payload =
        pause ? Bytes{0x78} : Bytes(20 + random.below(60), static_cast<uint8_t>(random.below(250)));
    const wire::OutPacket out = chain.send(++sequence, timestamp, payload);
    content[timestamp] = payload;
    if (!pause) spoken.insert(timestamp);
    if (random.below(10) != 0) {
      const Bytes body = testing_support::body_of(out);
      if (out.header.payload_type == kRedType) {
        wire::RedPayload red;
        ASSERT_EQ(wire::parse_red(body, red), wire::ParseError::kNone);
        for (size_t k = 0; k < red.count; ++k) {
          const wire::RedBlock& block = red.blocks[k];
          ASSERT_LE(block.timestamp_offset, wire::kMaxRedOffset);
          ASSERT_EQ(data_of(body, block), content[timestamp - block.timestamp_offset]);
          played.insert(timestamp - block.timestamp_offset);
        }
      } else {
        played.insert(timestamp);
      }
    }
    timestamp += pause ? 19200 : 960;
  }
  std::erase_if(spoken, [&played](int64_t at) { return played.contains(at); });
  residual = 100.0 * static_cast<double>(spoken.size()) / kFrames;
}

TEST(AudioRedundancy, LeavesTheResidualLossOfItsDistance) {
  double one = 0;
  double two = 0;
  play(1, one);
  play(2, two);
  EXPECT_NEAR(one, 1.0, 0.2);
  EXPECT_NEAR(two, 0.1, 0.05);
  RecordProperty("conformance", "T5.2 repeated, residual threshold=1.0±0.2 and 0.1±0.05 % got=" +
                                    std::to_string(one) + " and " + std::to_string(two));
}

}  // namespace
}  // namespace forward
