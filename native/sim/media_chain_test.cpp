// The way of a publication without transports: a publisher whose packets are lost and reordered →
// inbound stream → forwarder → outbound stream → loss and reordering again → a subscriber that asks
// for what it misses. Every packet must arrive once, unharmed, or be accounted for.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "forward/forwarder.h"
#include "rtp/inbound_stream.h"
#include "rtp/outbound_stream.h"
#include "rtp/rtx.h"
#include "testing/rtp_packets.h"
#include "testing/seeded_random.h"
#include "wire/rtcp_nack.h"

namespace {

using base::Duration;
using base::Instant;
using testing_support::ReceivedPacket;
using testing_support::SeededRandom;
using Bytes = std::vector<uint8_t>;

constexpr Instant kStart{50000000};
constexpr Duration kTick = Duration::millis(1);
constexpr uint32_t kMediaSsrc = 10;
constexpr uint32_t kRtxSsrc = 11;
constexpr uint32_t kOutSsrc = 20;
constexpr uint32_t kOutRtxSsrc = 21;
constexpr uint8_t kVp8 = 96;
constexpr uint8_t kRtx = 97;
constexpr forward::PayloadFormat kFormat{wire::CodecKind::kVp8, 1};

struct Path {
  uint64_t loss_percent = 0;
  Duration delay = Duration::millis(20);
  Duration jitter = Duration::millis(3);  // reorders
};

// One direction of a network; what enters comes out later, in another order, or never.
template <typename Item>
class Link {
 public:
  Link(const Path& path, uint64_t seed) : path_(path), random_(seed) {}

  void send(Item item, Instant now) {
    if (random_.chance(path_.loss_percent)) return;
    const auto jitter = static_cast<int64_t>(random_.below(path_.jitter.us + 1));
    in_flight_.emplace(now + path_.delay + Duration::micros(jitter), std::move(item));
  }
  std::optional<Item> receive(Instant now) {
    if (in_flight_.empty() || in_flight_.begin()->first > now) return std::nullopt;
    Item item = std::move(in_flight_.begin()->second);
    in_flight_.erase(in_flight_.begin());
    return item;
  }

 private:
  Path path_;
  SeededRandom random_;
  std::multimap<Instant, Item> in_flight_;
};

struct Datagram {
  wire::RtpHeader header;
  Bytes payload;
};

std::vector<uint16_t> numbers_of(std::span<const uint8_t> nack_message) {
  wire::RtcpReader reader(nack_message);
  wire::RtcpBlock block;
  wire::Nack nack;
  wire::NackSequences sequences;
  std::vector<uint16_t> numbers;
  if (!reader.next(block) || wire::parse_nack(block, nack, sequences) != wire::ParseError::kNone) {
    return numbers;
  }
  for (uint16_t number = 0; sequences.next(number);) numbers.push_back(number);
  return numbers;
}

// Sends VP8 of 30 frames a second and answers NACKs by RTX. The last 4 bytes of each payload are
// the packet's unwrapped number.
class Publisher {
 public:
  explicit Publisher(SeededRandom& random)
      : random_(random), next_(static_cast<int64_t>(random.below(65536))) {}

  void send_frame(Instant now, Link<Datagram>& link) {
    const bool key = key_frame_wanted_;
    key_frame_wanted_ = false;
    const uint64_t packets = key ? 8 : 1 + random_.below(5);
    for (uint64_t i = 0; i < packets; ++i) {
      const int64_t number = next_++;
      Datagram datagram;
      datagram.header = {.timestamp = timestamp_,
                         .ssrc = kMediaSsrc,
                         .sequence = static_cast<uint16_t>(number),
                         .payload_type = kVp8,
                         .marker = i + 1 == packets};
      datagram.payload = {static_cast<uint8_t>(i == 0 ? 0x90 : 0x80), 0x80,
                          static_cast<uint8_t>(0x80 | (picture_id_ >> 8 & 0x7f)),
                          static_cast<uint8_t>(picture_id_), static_cast<uint8_t>(key ? 0 : 1)};
      for (int shift = 24; shift >= 0; shift -= 8) {
        datagram.payload.push_back(static_cast<uint8_t>(number >> shift));
      }
      link.send(datagram, now);
      sent_at_[number] = now;
      sent_[static_cast<uint16_t>(number)] = std::move(datagram);
    }
    timestamp_ += 3000;
    picture_id_ = static_cast<uint16_t>((picture_id_ + 1) & 0x7fff);
  }

  void answer(uint16_t number, Instant now, Link<Datagram>& link) {
    Datagram rtx = sent_.at(number);
    rtx.header.ssrc = kRtxSsrc;
    rtx.header.payload_type = kRtx;
    rtx.header.sequence = next_rtx_++;
    rtx.payload.insert(rtx.payload.begin(),
                       {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
    link.send(std::move(rtx), now);
  }

  void request_key_frame() { key_frame_wanted_ = true; }
  int64_t next() const { return next_; }
  Instant sent_at(int64_t number) const { return sent_at_.at(number); }

 private:
  SeededRandom& random_;
  std::map<uint16_t, Datagram> sent_;
  std::map<int64_t, Instant> sent_at_;
  int64_t next_;
  uint32_t timestamp_ = 0xfffff000;
  uint16_t picture_id_ = 32700;
  uint16_t next_rtx_ = 65500;
  bool key_frame_wanted_ = true;
};

// What a browser's receiver keeps book of.
class Subscriber {
 public:
  Subscriber() : stream_({.ssrc = kOutSsrc, .nack = true}) { stream_.set_repair_wanted(true); }

  void take(base::PacketPool& pool, const Datagram& datagram, Instant now) {
    auto [packet, view] = testing_support::make_received(pool, datagram.header, datagram.payload);
    const bool repaired = view.ssrc == kOutRtxSsrc;
    if (repaired && !rtp::recover_original(packet, view, kOutSsrc, kVp8)) return;
    const rtp::Received received = stream_.handle_packet(view, repaired, now);
    if (!received.accepted) return;
    const std::span<const uint8_t> payload = view.payload();
    const int64_t source = base::load_u32(payload.last<4>().data());
    ASSERT_TRUE(by_source_.emplace(source, received.sequence).second) << "delivered twice";
    ASSERT_TRUE(by_number_.emplace(received.sequence, source).second) << "number used twice";
    arrived_at_[source] = now;
    repaired_ += repaired ? 1 : 0;
  }

  rtp::InboundStream& stream() { return stream_; }
  // Unwrapped number as published → as received, and back.
  const std::map<int64_t, int64_t>& by_source() const { return by_source_; }
  const std::map<int64_t, int64_t>& by_number() const { return by_number_; }
  const std::map<int64_t, Instant>& arrived_at() const { return arrived_at_; }
  size_t repaired() const { return repaired_; }

 private:
  rtp::InboundStream stream_;
  std::map<int64_t, Instant> arrived_at_;
  std::map<int64_t, int64_t> by_source_;
  std::map<int64_t, int64_t> by_number_;
  size_t repaired_ = 0;
};

class Chain {
 public:
  Chain(uint64_t seed, const Path& up, const Path& down)
      : random_(seed),
        publisher(random_),
        media_up_(up, seed + 1),
        media_down_(down, seed + 2),
        nacks_up_(up, seed + 3),
        nacks_down_(down, seed + 4) {
    inbound.set_repair_wanted(true);
  }

  void run(Duration span, bool media = true) {
    for (const Instant end = now + span; now < end; now = now + kTick) {
      if (media && now >= next_frame_) {
        publisher.send_frame(now, media_up_);
        next_frame_ = now + Duration::millis(33);
      }
      while (auto datagram = media_up_.receive(now)) receive(*datagram);
      while (auto datagram = media_down_.receive(now)) subscriber.take(pool, *datagram, now);
      while (auto number = nacks_up_.receive(now)) publisher.answer(*number, now, media_up_);
      ask_publisher();
      ask_node();
      outbound.handle_timeout(now);
    }
  }

  base::PacketPool pool{0, 8192};
  Instant now = kStart;
  rtp::InboundStream inbound{{.ssrc = kMediaSsrc, .nack = true}};
  forward::Forwarder forwarder{{.kind = wire::MediaKind::kVideo,
                                .ssrc = kOutSsrc,
                                .mid = {},
                                .codecs = {{kFormat, kVp8, kRtx}}},
                               forward::initial_state(30000)};
  rtp::OutboundStream outbound{
      {.ssrc = kOutSsrc, .rtx_ssrc = kOutRtxSsrc, .first_rtx_sequence = 9}};
  Subscriber subscriber;

 private:
  SeededRandom random_;

 public:
  Publisher publisher;
  std::set<int64_t> left_out;  // by choice: while paused, or waiting for a key frame

 private:
  void receive(const Datagram& datagram) {
    auto [packet, view] = testing_support::make_received(pool, datagram.header, datagram.payload);
    const bool repaired = view.ssrc == kRtxSsrc;
    if (repaired && !rtp::recover_original(packet, view, kMediaSsrc, kVp8)) return;
    const rtp::Received received = inbound.handle_packet(view, repaired, now);
    if (!received.accepted) return;
    const forward::SourcePosition position{.source = {kMediaSsrc, received.generation},
                                           .sequence = received.sequence,
                                           .timestamp = received.timestamp,
                                           .newest = received.arrival != rtp::Arrival::kLate,
                                           .arrived_at = now};
    wire::OutPacket out;
    const forward::Verdict verdict = forwarder.handle_packet(
        forward::describe(packet, view, position, kFormat, extensions_), out);
    if (verdict == forward::Verdict::kWaitingForKeyFrame) publisher.request_key_frame();
    if (verdict != forward::Verdict::kSend) {
      left_out.insert(received.sequence);
      return;
    }
    outbound.handle_forwarded(out, now);
    send_down(out);
  }

  void send_down(const wire::OutPacket& out) {
    media_down_.send({out.header, testing_support::body_of(out)}, now);
  }

  void ask_publisher() {
    std::array<uint8_t, rtp::kMaxNackMessageSize> bytes;
    while (const size_t size = inbound.write_nack(1, std::nullopt, now, bytes)) {
      for (const uint16_t number : numbers_of({bytes.data(), size})) nacks_up_.send(number, now);
    }
    if (inbound.take_needs_key_frame()) publisher.request_key_frame();
  }

  void ask_node() {
    std::array<uint8_t, rtp::kMaxNackMessageSize> bytes;
    while (const size_t size = subscriber.stream().write_nack(1, std::nullopt, now, bytes)) {
      nacks_down_.send({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, now);
    }
    while (auto message = nacks_down_.receive(now)) {
      wire::RtcpReader reader(*message);
      wire::RtcpBlock block;
      ASSERT_TRUE(reader.next(block));
      wire::Nack nack;
      wire::NackSequences sequences;
      ASSERT_EQ(wire::parse_nack(block, nack, sequences), wire::ParseError::kNone);
      std::vector<wire::OutPacket> retransmissions;
      outbound.handle_nack(sequences, now, budget_, retransmissions);
      for (const wire::OutPacket& packet : retransmissions) send_down(packet);
    }
  }

  rtp::ResendBudget budget_;
  wire::ExtensionMap extensions_;
  Link<Datagram> media_up_;
  Link<Datagram> media_down_;
  Link<uint16_t> nacks_up_;
  Link<Bytes> nacks_down_;
  Instant next_frame_ = kStart;
};

// Published numbers from the first delivered on that neither arrived nor were left out.
size_t unaccounted(const Chain& chain) {
  size_t count = 0;
  const auto& delivered = chain.subscriber.by_source();
  for (int64_t number = delivered.begin()->first; number < chain.publisher.next(); ++number) {
    count += delivered.contains(number) || chain.left_out.contains(number) ? 0 : 1;
  }
  return count;
}

class MediaChain : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, MediaChain, testing::Range<uint64_t>(1, 13));

// [SEQ-1]: distances in the subscriber's numbers are those of the publisher.
TEST_P(MediaChain, WithoutLossEverythingArrivesInPlace) {
  Chain chain(GetParam(), {}, {});
  chain.run(Duration::seconds(20));
  chain.run(Duration::seconds(1), false);
  EXPECT_EQ(unaccounted(chain), 0u);
  const auto& delivered = chain.subscriber.by_source();
  const int64_t offset = delivered.begin()->first - delivered.begin()->second;
  for (const auto& [source, number] : delivered) ASSERT_EQ(source - number, offset);
  EXPECT_EQ(chain.subscriber.repaired(), 0u);
}

// [NACK-1] [HIST-1] [RTX-1] [RTX-2], T7.1 in series: 5 % loss on every leg and way.
TEST_P(MediaChain, FivePercentLossIsRepaired) {
  constexpr Path kLossy{.loss_percent = 5, .delay = Duration::millis(25)};
  Chain chain(GetParam(), kLossy, kLossy);
  chain.run(Duration::seconds(40));
  chain.run(Duration::seconds(2), false);
  const size_t published = chain.subscriber.by_source().size();
  EXPECT_GT(published, 3000u);
  // What the tail loses nobody misses: no later packet shows the gap.
  EXPECT_LE(unaccounted(chain), 1 + published / 1000);
  EXPECT_GT(chain.subscriber.repaired(), published / 40);
}

// T7.1: what is still missing some time after it should have arrived; one leg lossy, RTT 100 ms.
TEST(MediaChainResidual, FivePercentLossIsRepairedInTime) {
  struct Residual {
    double after_300_ms;
    double after_500_ms;
  };
  const auto residual_permille = [](bool up_is_lossy) {
    constexpr Path kLossy{.loss_percent = 5, .delay = Duration::millis(50), .jitter = {}};
    constexpr Path kClean{.loss_percent = 0, .delay = {}, .jitter = {}};
    size_t published = 0;
    std::array<size_t, 2> missing{};
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      Chain chain(seed, up_is_lossy ? kLossy : kClean, up_is_lossy ? kClean : kLossy);
      chain.run(Duration::seconds(60));
      chain.run(Duration::seconds(1), false);
      const auto& arrived = chain.subscriber.arrived_at();
      for (int64_t number = arrived.begin()->first; number < chain.publisher.next() - 5; ++number) {
        const auto found = arrived.find(number);
        const Instant due = chain.publisher.sent_at(number) + kLossy.delay;
        const auto is_missing_after = [&](Duration patience) {
          return found == arrived.end() || found->second > due + patience;
        };
        ++published;
        missing[0] += is_missing_after(Duration::millis(300)) ? 1 : 0;
        missing[1] += is_missing_after(Duration::millis(500)) ? 1 : 0;
      }
    }
    const double permille = 1000.0 / static_cast<double>(published);
    return Residual{permille * static_cast<double>(missing[0]),
                    permille * static_cast<double>(missing[1])};
  };
  for (const bool up_is_lossy : {true, false}) {
    const Residual residual = residual_permille(up_is_lossy);
    EXPECT_LT(residual.after_300_ms, 1.0) << up_is_lossy;
    EXPECT_LT(residual.after_500_ms, 0.1) << up_is_lossy;
  }
}

// [SEQ-4] [SEL-1]: pauses leave no gap; the stream goes on with a key frame.
TEST_P(MediaChain, PausesLeaveNoGap) {
  Chain chain(GetParam(), {.loss_percent = 3}, {});
  SeededRandom random(GetParam() + 1000);
  for (int i = 0; i < 12; ++i) {
    chain.run(Duration::millis(static_cast<int64_t>(500 + random.below(3000))));
    chain.forwarder.set_active(i % 2 == 1);
  }
  chain.run(Duration::seconds(2));
  chain.run(Duration::seconds(2), false);
  EXPECT_LE(unaccounted(chain), 12u);
  const auto& received = chain.subscriber.by_number();
  const int64_t span = received.rbegin()->first - received.begin()->first + 1;
  // A pause may cut a frame short (one number) or come before a repair; it costs no more.
  EXPECT_LE(span - static_cast<int64_t>(received.size()), 30);
}

// Every buffer goes home: history and links hold nothing after they have expired.
TEST_P(MediaChain, BuffersGoHome) {
  Chain chain(GetParam(), {.loss_percent = 5}, {.loss_percent = 5});
  chain.run(Duration::seconds(5));
  EXPECT_GT(chain.pool.blocks_in_use(), 0u);
  chain.run(Duration::seconds(5), false);
  EXPECT_EQ(chain.pool.blocks_in_use(), 0u);
}

}  // namespace
