// What crosses between shards' threads: links, bells, and a room over two shards with real sockets.
// Run under ThreadSanitizer too.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/spsc_ring.h"
#include "engine/contract.gen.h"
#include "engine/relay_link.h"
#include "io/engine_harness.h"
#include "io/kernel.h"
#include "io/receive_batch.h"
#include "io/relay_bell.h"
#include "io/send_batch.h"
#include "wire/rtp.h"

namespace io {
namespace {

using engine::CommandStatus;
using engine::Handle;

TEST(IoSpscRing, KeepsOrderBetweenThreads) {
  constexpr uint32_t kItems = 200'000;
  base::SpscRing<uint32_t> ring(64);
  std::thread writer([&ring] {
    for (uint32_t next = 0; next < kItems;) {
      for (int burst = 0; burst < 7 && next < kItems && ring.push(next); ++burst) ++next;
      ring.publish();
    }
  });
  for (uint32_t expected = 0; expected < kItems;) {
    for (size_t count = ring.available(); count > 0; --count) {
      ASSERT_EQ(ring.front(), expected++);
      ring.pop();
    }
  }
  writer.join();
}

// Nobody sleeps while something waits, and nobody is called for every item.
TEST(IoRelayBell, WakesWhoeverSleepsAndNobodyElse) {
  constexpr uint32_t kItems = 20'000;
  base::SpscRing<uint32_t> ring(1024);
  RelayBell bell;
  std::thread writer([&] {
    for (uint32_t next = 0; next < kItems;) {
      if (!ring.push(next)) continue;
      ++next;
      ring.publish();
      bell.ring();
    }
  });
  for (uint32_t expected = 0; expected < kItems;) {
    pollfd state{bell.descriptor(), POLLIN, 0};
    ASSERT_EQ(poll(&state, 1, 5000), 1) << expected;
    bell.answer();
    for (size_t count = ring.available(); count > 0; --count) {
      ASSERT_EQ(ring.front(), expected++);
      ring.pop();
    }
  }
  writer.join();
}

// Bytes are written, lent, read, given back and written again, by two threads.
TEST(IoRelayLink, BlocksGoThereAndHome) {
  constexpr uint32_t kPackets = 50'000;
  engine::RelayLink link;
  base::PacketPool lender(0, 512);
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    base::PacketPool borrower(1, 0);
    std::vector<base::PacketRef> history(100);
    uint32_t expected = 0;
    while (!is_done || link.available() > 0) {
      for (size_t count = link.available(); count > 0; --count) {
        const auto& relayed = std::get<engine::RelayedPacket>(link.front());
        base::PacketRef packet = borrower.borrow(relayed.packet);
        link.pop();
        uint32_t number = 0;
        std::memcpy(&number, packet.bytes().data(), sizeof number);
        ASSERT_EQ(number, expected++);
        history[number % history.size()] = std::move(packet);
      }
      while (const auto returned = borrower.take_returned()) link.give_back(returned->lender);
      link.publish_returned();
    }
    history.clear();
    while (const auto returned = borrower.take_returned()) link.give_back(returned->lender);
    link.publish_returned();
  });
  for (uint32_t number = 0; number < kPackets;) {
    link.take_returned();
    base::PacketRef packet = lender.acquire();
    if (!packet || !link.has_room(wire::MediaKind::kAudio)) continue;
    packet.resize(sizeof number);
    std::memcpy(packet.bytes().data(), &number, sizeof number);
    ++number;
    link.push(
        {.publication = {}, .packet = packet.lend(), .view = {}, .position = {}, .format = {}});
    link.publish();
  }
  is_done = true;
  reader.join();
  link.take_returned();
  EXPECT_EQ(link.lent(), 0u);
  EXPECT_EQ(lender.blocks_in_use(), 0u);
}

Handle at(uint32_t index, uint16_t shard) { return {index, 0, shard}; }

// A client without ICE and encryption, on one socket.
class PlainClient {
 public:
  PlainClient() {
    int error = 0;
    sockets_.push_back(*UdpSocket::bind_to(*base::SocketAddress::parse("127.0.0.1", 0), error));
  }

  const base::SocketAddress& address() const { return sockets_[0].local(); }

  void send_opus(const base::SocketAddress& to, uint16_t sequence) {
    slab_.reset();
    const std::span<uint8_t> space = slab_.reserve(200);
    const size_t head = wire::write_rtp_header({.timestamp = sequence * 960u,
                                                .ssrc = 77,
                                                .sequence = sequence,
                                                .payload_type = 111,
                                                .marker = false},
                                               {}, space);
    std::fill_n(space.begin() + static_cast<std::ptrdiff_t>(head), 80, uint8_t{0x78});
    slab_.commit({address(), to}, head + 80, 0);
    batch_.send(sockets_, slab_.transmits());
  }
  // RTP packets of an SSRC that have come.
  size_t count(uint32_t ssrc) {
    ReceivedDatagram datagram;
    while (incoming_.receive(sockets_[0]) > 0) {
      while (incoming_.next(datagram)) {
        wire::RtpView view;
        const bool is_rtp =
            wire::parse_rtp(datagram.packet.bytes(), view) == wire::ParseError::kNone;
        count_ += is_rtp && view.ssrc == ssrc && view.payload_type == 111 ? 1 : 0;
      }
    }
    return count_;
  }
  // Waits for something to read; false when nothing comes.
  bool await_packet(int patience_ms) {
    pollfd state{sockets_[0].fd(), POLLIN, 0};
    return poll(&state, 1, patience_ms) > 0;
  }
  // Until so many have come; false when for 15 s nothing does.
  bool await_count(uint32_t ssrc, size_t wanted) {
    constexpr int kPatienceMs = 15'000;
    while (count(ssrc) < wanted) {
      if (!await_packet(kPatienceMs)) return false;
    }
    return true;
  }

 private:
  std::vector<UdpSocket> sockets_;
  base::PacketPool pool_{0, 256};
  ReceiveBatch incoming_{pool_};
  transport::SendSlab slab_;
  SendBatch batch_;
  size_t count_ = 0;
};

class TwoShards {
 public:
  TwoShards() : harness(config()) {}

  static engine::DriverConfig config() {
    engine::DriverConfig config;
    config.shards = 2;
    config.listen = {{*base::SocketAddress::parse("127.0.0.1", 0)}};
    return config;
  }

  template <typename... Commands>
  void submit(uint16_t shard, const Commands&... commands) {
    std::vector<uint8_t> bytes;
    engine::ContractWriter out(bytes);
    engine::encode(out, engine::BatchHead{++batches, sizeof...(commands)});
    (engine::append_frame(bytes, commands), ...);
    harness.engine().submit(shard, bytes);
  }

  engine::PlainTransportCreateCommand plain(uint16_t shard, const base::SocketAddress& remote) {
    local = harness.engine().addresses()[shard].address;
    return {.transport = at(shard, shard),
            .room = at(0, shard),
            .local_ip = "127.0.0.1",
            .local_port = local.port,
            .remote_ip = "127.0.0.1",
            .remote_port = remote.port,
            .remote_rtcp_port = 0,
            .token = {},
            .profile = engine::SrtpProfile::kNone,
            .inbound_key = {},
            .outbound_key = {}};
  }

  // The publisher on shard 0, the subscriber on shard 1, SSRC 99.
  void open(const base::SocketAddress& publisher, const base::SocketAddress& subscriber) {
    const engine::Codec opus{.payload_type = 111,
                             .codec = engine::CodecKind::kOpus,
                             .clock_rate = 48000,
                             .channels = 2,
                             .rtx_payload_type = 255,
                             .format = 1,
                             .nack = false,
                             .pli = false,
                             .fir = false,
                             .transport_cc = false};
    const engine::List<engine::Codec> codecs(std::span(&opus, 1));
    const engine::Encoding encoding{"", 77, 0};
    const engine::RoomCreateCommand room{at(0, 0), 200, 0, false, true};
    submit(0, room, plain(0, publisher),
           engine::PublicationCreateCommand{
               .publication = at(0, 0),
               .room = at(0, 0),
               .transport = at(0, 0),
               .kind = engine::MediaKind::kAudio,
               .mid = "",
               .codecs = codecs,
               .encodings = engine::List<engine::Encoding>(std::span(&encoding, 1)),
               .muted = false,
               .always_forwarded = false},
           engine::RelayCreateCommand{at(0, 0), at(0, 1)});
    const engine::RoomCreateCommand there{at(0, 1), 200, 0, false, false};
    submit(1, there, plain(1, subscriber),
           engine::RelayedPublicationCreateCommand{.publication = at(0, 1),
                                                   .room = at(0, 1),
                                                   .origin = at(0, 0),
                                                   .kind = engine::MediaKind::kAudio,
                                                   .codecs = codecs,
                                                   .encodings = 1,
                                                   .always_forwarded = false},
           engine::OutboundCreateCommand{.outbound = at(0, 1),
                                         .transport = at(1, 1),
                                         .kind = engine::MediaKind::kAudio,
                                         .mid = "",
                                         .ssrc = 99,
                                         .rtx_ssrc = 0,
                                         .cname = "x",
                                         .codecs = codecs},
           engine::SubscriptionCreateCommand{at(0, 1), at(0, 1), at(0, 1), true, 255, 255});
  }

  // Both shards have served what was sent to them before, and their statistics are of now: each
  // answers two batches, between which it reads its socket and its ring.
  void settle() {
    for (int turn = 0; turn < 2; ++turn) {
      for (const uint16_t shard : {uint16_t{0}, uint16_t{1}}) {
        submit(shard);
        for (bool answered = false; !answered;) {
          const std::vector<uint32_t> done = harness.await_batches();
          ASSERT_FALSE(done.empty());
          answered = std::ranges::count(done, batches) > 0;
        }
      }
    }
  }

  Harness harness;
  uint32_t batches = 0;
  base::SocketAddress local;
};

TEST(IoRelay, SoundCrossesBetweenThreads) {
  TwoShards shards;
  ASSERT_TRUE(shards.harness.has_started()) << shards.harness.error();
  PlainClient publisher;
  PlainClient subscriber;
  shards.open(publisher.address(), subscriber.address());
  const base::SocketAddress to = shards.harness.engine().addresses()[0].address;
  uint16_t sequence = 0;
  // The way there is open when the first has come: what is sent before is nobody's.
  for (int i = 0; i < 1000 && subscriber.count(99) == 0; ++i) {
    publisher.send_opus(to, sequence++);
    subscriber.await_packet(10);
  }
  ASSERT_GT(subscriber.count(99), 0u);
  shards.settle();
  while (subscriber.await_packet(0)) subscriber.count(99);
  const size_t before = subscriber.count(99);
  constexpr size_t kPackets = 3000;
  constexpr size_t kWindow = 100;  // on the way at once: no buffer and no ring fills
  for (size_t sent = 0; sent < kPackets; ++sent) {
    publisher.send_opus(to, sequence++);
    ASSERT_TRUE(subscriber.await_count(99, before + std::max(sent, kWindow) - kWindow));
  }
  ASSERT_TRUE(subscriber.await_count(99, before + kPackets));
  EXPECT_EQ(subscriber.count(99), before + kPackets);
  shards.settle();
  const std::vector<engine::ShardStats> stats = shards.harness.read_stats();
  EXPECT_GE(stats[0].relayed_out, kPackets);
  EXPECT_EQ(stats[1].relayed_in, stats[0].relayed_out);
  EXPECT_EQ(stats[0].dropped_relay_audio, 0);
  EXPECT_EQ(stats[0].rtp_forwarded, 0);
}

// Under load, with packets lent in both histories and rings.
TEST(IoRelay, EnginesEndWhilePacketsCross) {
  for (int round = 0; round < 10; ++round) {
    TwoShards shards;
    ASSERT_TRUE(shards.harness.has_started()) << shards.harness.error();
    PlainClient publisher;
    PlainClient subscriber;
    shards.open(publisher.address(), subscriber.address());
    const base::SocketAddress to = shards.harness.engine().addresses()[0].address;
    for (uint16_t i = 0; i < 300; ++i) publisher.send_opus(to, i);
    if (round % 2 == 0) shards.submit(0, engine::RoomCloseCommand{at(0, 0)});
    if (round % 3 == 0) shards.submit(1, engine::RoomCloseCommand{at(0, 1)});
    for (uint16_t i = 300; i < 600; ++i) publisher.send_opus(to, i);
  }
}

}  // namespace
}  // namespace io
