// ICE-TCP over loopback: framing, hand-over between shards, bounds. Run under ThreadSanitizer too.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "crypto/hmac.h"
#include "engine/shard_of_ufrag.h"
#include "io/engine_harness.h"
#include "io/kernel.h"
#include "io/tcp_acceptor.h"
#include "io/tcp_connections.h"
#include "wire/stun.h"

namespace io {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr const char* kPassword = "passwordpasswordpassword";
constexpr base::Instant kStart{1'000'000'000};

base::SocketAddress loopback(base::Protocol protocol) {
  return *base::SocketAddress::parse("127.0.0.1", 0, protocol);
}

Bytes framed(std::span<const uint8_t> datagram) {
  const auto header = wire::frame_header(datagram.size());
  Bytes bytes(header.begin(), header.end());
  bytes.insert(bytes.end(), datagram.begin(), datagram.end());
  return bytes;
}

// An authenticated check of a controlling agent.
Bytes check(const std::string& ufrag, uint8_t transaction = 1) {
  std::array<uint8_t, 12> id{};
  id[11] = transaction;
  Bytes bytes(200);
  wire::StunWriter writer(bytes, wire::StunClass::kRequest, wire::kStunBinding, id);
  const std::string key = kPassword;
  writer.username(ufrag + ":peer").priority(1).ice_controlling(7).use_candidate();
  writer.integrity({reinterpret_cast<const uint8_t*>(key.data()), key.size()}, crypto::hmac_sha1);
  bytes.resize(writer.fingerprint().finish());
  return bytes;
}

class Client {
 public:
  explicit Client(const base::SocketAddress& to)
      : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    KernelAddress kernel(to);
    EXPECT_EQ(connect(descriptor_.get(), &kernel.any, kernel.size), 0);
  }

  void send(std::span<const uint8_t> bytes, size_t piece = 1 << 20) const {
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const auto part = bytes.subspan(at, std::min(piece, bytes.size() - at));
      EXPECT_EQ(::send(descriptor_.get(), part.data(), part.size(), MSG_NOSIGNAL), part.size());
    }
  }
  // The next frame, or empty: closed, or nothing for 10 s.
  Bytes receive() {
    std::array<uint8_t, 4096> buffer;
    while (true) {
      std::span<const uint8_t> frame;
      std::span<const uint8_t> stream = received_;
      const wire::FrameStep step = reader_.next(stream, frame);
      Bytes found(frame.begin(), frame.end());
      received_ = Bytes(stream.begin(), stream.end());
      if (step == wire::FrameStep::kFrame) return found;
      if (!is_readable(10'000)) return {};
      const ssize_t count = recv(descriptor_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return {};
      received_.insert(received_.end(), buffer.begin(), buffer.begin() + count);
    }
  }
  bool is_closed() const {
    uint8_t byte = 0;
    return is_readable(10'000) && recv(descriptor_.get(), &byte, 1, MSG_PEEK) <= 0;
  }
  bool is_readable(int timeout_ms) const {
    pollfd state{descriptor_.get(), POLLIN, 0};
    return poll(&state, 1, timeout_ms) == 1;
  }

 private:
  Descriptor descriptor_;
  wire::FrameReader reader_;
  Bytes received_;
};

engine::DriverConfig both_protocols(size_t shards) {
  engine::DriverConfig config;
  config.shards = shards;
  config.listen = {{loopback(base::Protocol::kUdp)}, {loopback(base::Protocol::kTcp)}};
  return config;
}

base::SocketAddress tcp_address(Harness& harness) {
  for (const engine::BoundAddress& bound : harness.engine().addresses()) {
    if (bound.address.protocol == base::Protocol::kTcp) return bound.address;
  }
  return {};
}

// A room with a transport on `shard`, whose ufrag is `ufrag`.
void open_transport(Harness& harness, uint16_t shard, const std::string& ufrag) {
  Bytes batch;
  engine::ContractWriter out(batch);
  engine::encode(out, engine::BatchHead{1, 2});
  engine::append_frame(batch, engine::RoomCreateCommand{{0, 0, shard}, 200, 0, false, true});
  engine::append_frame(batch, engine::TransportCreateCommand{.transport = {0, 0, shard},
                                                             .room = {0, 0, shard},
                                                             .local_ufrag = ufrag,
                                                             .local_pwd = kPassword,
                                                             .remote_ufrag = {},
                                                             .remote_pwd = {},
                                                             .fingerprint = {},
                                                             .plaintext = false});
  harness.engine().submit(shard, batch);
  ASSERT_FALSE(harness.await_batches().empty());
}

TEST(EngineShardOfUfrag, ReadsTheFirstIceChar) {
  EXPECT_EQ(engine::shard_of_ufrag("Axyz:peer"), 0u);
  EXPECT_EQ(engine::shard_of_ufrag("Z"), 25u);
  EXPECT_EQ(engine::shard_of_ufrag("f+/"), 31u);
  for (const char* none : {"", "g", "0", "+", ":"}) EXPECT_FALSE(engine::shard_of_ufrag(none));
}

TEST(IoTcp, EachShardIsReachedByTheOnePort) {
  Harness harness(both_protocols(3));
  ASSERT_TRUE(harness.has_started()) << harness.error();
  ASSERT_EQ(harness.engine().addresses().size(), 6u);
  const std::array<std::string, 3> ufrags = {"Aufrag", "Bufrag", "Cufrag"};
  for (uint16_t shard = 0; shard < 3; ++shard) open_transport(harness, shard, ufrags[shard]);
  std::vector<Client> clients;
  for (const std::string& ufrag : ufrags) {
    clients.emplace_back(tcp_address(harness));
    // In pieces, and with a second check behind the first before anybody has looked.
    Bytes stream = framed(check(ufrag, 1));
    const Bytes second = framed(check(ufrag, 2));
    stream.insert(stream.end(), second.begin(), second.end());
    clients.back().send(stream, 33);
  }
  for (Client& client : clients) {
    for (const uint8_t transaction : {uint8_t{1}, uint8_t{2}}) {
      const Bytes answer = client.receive();
      wire::StunMessage message;
      ASSERT_EQ(wire::parse_stun(answer, message), wire::ParseError::kNone);
      EXPECT_EQ(message.message_class, wire::StunClass::kSuccess);
      EXPECT_EQ(message.transaction_id[11], transaction);
    }
  }
  for (const engine::ShardStats& row : harness.read_stats()) {
    EXPECT_EQ(row.stun_received, 2);
    EXPECT_EQ(row.tcp_connections, 1);
    EXPECT_EQ(row.tcp_refused, 0);
  }
}

TEST(IoTcp, WhoIsNotOursIsClosedUnanswered) {
  Harness harness(both_protocols(2));
  ASSERT_TRUE(harness.has_started()) << harness.error();
  const Bytes http = {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'};
  const Bytes strangers[] = {
      http,        framed(http),     framed(check("Cufrag")), framed(check("+ufrag")),
      Bytes{0, 0}, Bytes{0xff, 0xff}};
  for (const Bytes& bytes : strangers) {
    Client client(tcp_address(harness));
    client.send(bytes);
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(harness.read_stats()[0].tcp_refused, std::size(strangers));
}

TEST(IoTcp, AStreamThatBreaksIsClosed) {
  Harness harness(both_protocols(1));
  ASSERT_TRUE(harness.has_started()) << harness.error();
  open_transport(harness, 0, "Aufrag");
  Client client(tcp_address(harness));
  client.send(framed(check("Aufrag")));
  EXPECT_FALSE(client.receive().empty());
  client.send(Bytes{0xff, 0xff, 0});
  EXPECT_TRUE(client.is_closed());
}

TEST(IoTcp, StopsWhileConnectionsAreHandedOver) {
  for (int round = 0; round < 10; ++round) {
    Harness harness(both_protocols(4));
    ASSERT_TRUE(harness.has_started()) << harness.error();
    std::vector<Client> clients;
    for (int i = 0; i < 24; ++i) {
      clients.emplace_back(tcp_address(harness));
      clients.back().send(framed(check(std::string(1, static_cast<char>('A' + i % 4)) + "xyz")));
    }
    harness.engine().close();
  }
}

// An acceptor whose time is the test's.
struct Acceptor {
  Epoll epoll;
  CommandInbox inbox;
  base::SocketAddress address;
  TcpListener listener;
  TcpAcceptor acceptor;

  Acceptor() : Acceptor(listen()) {}
  explicit Acceptor(TcpListener bound)
      : listener(std::move(bound)), acceptor(epoll, take(), {&inbox}) {}

  static TcpListener listen() {
    int error = 0;
    return *TcpListener::bind_to(loopback(base::Protocol::kTcp), error);
  }
  std::vector<TcpListener> take() {
    address = listener.local();
    std::vector<TcpListener> listeners;
    listeners.push_back(std::move(listener));
    return listeners;
  }
  // Serves everything that is ready; returns how many sources were.
  size_t turn(base::Instant now) {
    std::array<epoll_event, 64> events;
    const int count = epoll.wait(events, base::Duration::millis(50));
    for (int i = 0; i < count; ++i) {
      const Source source = Source::of(events[i].data.u64);
      if (source.kind == SourceKind::kListener) acceptor.accept(source.number, now);
      if (source.kind == SourceKind::kPending) acceptor.look(source.number);
    }
    acceptor.sweep(now);
    return static_cast<size_t>(std::max(count, 0));
  }
  void settle(base::Instant now) {
    while (turn(now) > 0) {
    }
  }
  size_t handed_over() {
    Requests requests;
    inbox.take(requests);
    return requests.connections.size();
  }
};

TEST(IoTcpAcceptor, APartOfAFrameNeitherWakesAgainNorLasts) {
  Acceptor world;
  const Client slow(world.address);
  const Bytes frame = framed(check("Aufrag"));
  slow.send(std::span(frame).first(40));
  world.settle(kStart);  // ends: bytes that wait in the kernel do not wake us
  EXPECT_EQ(world.handed_over(), 0u);
  const base::Instant late = kStart + TcpAcceptor::kFirstFrameTimeout;
  EXPECT_LE(world.acceptor.next_deadline(), late);
  world.acceptor.sweep(late);
  EXPECT_TRUE(slow.is_closed());
  EXPECT_EQ(world.acceptor.counts().refused, 1u);
  EXPECT_TRUE(world.acceptor.next_deadline().is_never());
}

TEST(IoTcpAcceptor, AFloodOfSilenceDoesNotKeepOthersOut) {
  Acceptor world;
  std::vector<Client> flood;
  for (size_t i = 0; i < TcpAcceptor::kMaxPending; ++i) {
    flood.emplace_back(world.address);
    if (i % 64 == 63) world.settle(kStart);
  }
  const Client guest(world.address);
  guest.send(framed(check("Aufrag")));
  world.settle(kStart + base::Duration::millis(1));
  EXPECT_EQ(world.handed_over(), 1u);
  EXPECT_EQ(world.acceptor.counts().refused, 1u);
}

// A connection with the test at its other end.
struct Pair {
  Epoll epoll;
  TcpConnections connections{epoll};
  base::FiveTuple path;
  Descriptor far;

  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    const int small = 4096;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    far = Descriptor(ends[1]);
    path.local = loopback(base::Protocol::kTcp);
    path.remote = *base::SocketAddress::parse("192.0.2.1", 9, base::Protocol::kTcp);
    EXPECT_TRUE(connections.adopt({Descriptor(ends[0]), path, kStart}));
  }
  // Reads what there is and lets the connection write, until nothing moves.
  std::vector<Bytes> drain() {
    std::vector<Bytes> frames;
    std::array<uint8_t, 1000> buffer;
    while (true) {
      const ssize_t count = recv(far.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return frames;
      std::span<const uint8_t> stream(buffer.data(), static_cast<size_t>(count));
      std::span<const uint8_t> frame;
      while (reader.next(stream, frame) == wire::FrameStep::kFrame) {
        frames.emplace_back(frame.begin(), frame.end());
      }
      TcpSendResult result;
      connections.handle_writable(0, result);
    }
  }

  wire::FrameReader reader;
};

void add(transport::SendSlab& slab, const base::FiveTuple& path, uint8_t first, uint16_t number) {
  const std::span<uint8_t> space = slab.reserve(1000);
  std::fill(space.begin(), space.end(), uint8_t{0});
  space[0] = first;
  space[1] = 96;
  space[2] = static_cast<uint8_t>(number >> 8);
  space[3] = static_cast<uint8_t>(number);
  slab.commit(path, space.size(), 0);
}

TEST(IoTcpConnections, MediaIsDroppedBeforeControlAndTheRestKeepsItsOrder) {
  Pair pair;
  transport::SendSlab slab;
  constexpr uint16_t kMedia = 200;
  for (uint16_t i = 0; i < kMedia; ++i) add(slab, pair.path, 0x80, i);
  for (uint16_t i = 0; i < 5; ++i) add(slab, pair.path, 22, i);  // DTLS
  const TcpSendResult result = pair.connections.send(slab.transmits());
  EXPECT_GT(result.dropped, 50u);
  EXPECT_EQ(result.packets + result.dropped, kMedia + 5u);
  const std::vector<Bytes> frames = pair.drain();
  ASSERT_EQ(frames.size(), result.packets);
  for (size_t i = 0; i + 5 < frames.size(); ++i) {
    EXPECT_EQ(frames[i].size(), 1000u);
    EXPECT_EQ(frames[i][0], 0x80);
    EXPECT_EQ(frames[i][3], i);  // the first ones, none left out
  }
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(frames[frames.size() - 5 + i][0], 22);
  // With the queue empty everything flows again.
  slab.reset();
  add(slab, pair.path, 0x80, 999);
  EXPECT_EQ(pair.connections.send(slab.transmits()).dropped, 0u);
  EXPECT_EQ(pair.drain().size(), 1u);
}

TEST(IoTcpConnections, ThoseThatProveNothingOrFallSilentAreClosed) {
  {
    Pair pair;
    EXPECT_EQ(pair.connections.sweep(kStart + base::Duration::seconds(4)), 0u);
    EXPECT_EQ(pair.connections.sweep(kStart + base::Duration::seconds(6)), 1u);
    EXPECT_TRUE(pair.connections.empty());
  }
  Pair pair;
  transport::SendSlab slab;
  add(slab, pair.path, 0, 1);
  EXPECT_EQ(pair.connections.send(slab.transmits()).packets, 1u);
  EXPECT_EQ(pair.connections.sweep(kStart + base::Duration::seconds(29)), 0u);
  EXPECT_EQ(pair.connections.sweep(kStart + base::Duration::seconds(31)), 1u);
  EXPECT_EQ(pair.connections.send(slab.transmits()).failed, 1u);
}

TEST(IoTcpConnections, APeerThatIsGoneIsForgotten) {
  Pair pair;
  pair.far = Descriptor();
  transport::SendSlab slab;
  add(slab, pair.path, 0, 1);
  pair.connections.send(slab.transmits());
  EXPECT_TRUE(pair.connections.empty());
}

}  // namespace
}  // namespace io
