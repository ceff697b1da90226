// Sockets and batches of datagrams, over loopback.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/descriptor.h"
#include "io/receive_batch.h"
#include "io/send_batch.h"
#include "io/udp_socket.h"

namespace io {
namespace {

UdpSocket bind_loopback(const char* ip = "127.0.0.1") {
  int error = 0;
  std::optional<UdpSocket> socket = UdpSocket::bind_to(*base::SocketAddress::parse(ip, 0), error);
  EXPECT_TRUE(socket) << ip << ": " << error;
  return std::move(*socket);
}

void add(transport::SendSlab& slab, const UdpSocket& from, const base::SocketAddress& to,
         size_t size, uint8_t value) {
  const std::span<uint8_t> space = slab.reserve(size);
  std::fill(space.begin(), space.end(), value);
  slab.commit({from.local(), to}, size, 0);
}

TEST(IoUdpSocket, SaysWhyItCannotBind) {
  const UdpSocket taken = bind_loopback();
  int error = 0;
  EXPECT_FALSE(UdpSocket::bind_to(taken.local(), error));
  EXPECT_EQ(error, EADDRINUSE);
  // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
  EXPECT_FALSE(UdpSocket::bind_to(*base::SocketAddress::parse("192.0.2.1", 0), error));
  EXPECT_EQ(error, EADDRNOTAVAIL);
}

TEST(IoUdpSocket, TakesIpv6OnlyOnAnIpv6Socket) {
  const UdpSocket v6 = bind_loopback("::");
  int error = 0;
  const auto same_port = *base::SocketAddress::parse("127.0.0.1", v6.local().port);
  EXPECT_TRUE(UdpSocket::bind_to(same_port, error));
}

TEST(IoDatagrams, ManyArriveWholeAndInOrderInBothFamilies) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    const UdpSocket receiver = bind_loopback(ip);
    std::vector<UdpSocket> senders;
    senders.push_back(bind_loopback(ip));
    const base::SocketAddress from = senders[0].local();
    transport::SendSlab slab;
    for (uint8_t i = 0; i < 150; ++i) add(slab, senders[0], receiver.local(), 20u + i, i);

    const auto outgoing = std::make_unique<SendBatch>();
    const SendResult result = outgoing->send(senders, slab.transmits());
    EXPECT_EQ(result.packets, 150u);
    EXPECT_EQ(result.calls, 3u);
    EXPECT_EQ(result.failed, 0u);

    base::PacketPool pool(0, 1000);
    const auto incoming = std::make_unique<ReceiveBatch>(pool);
    uint8_t next = 0;
    ReceivedDatagram datagram;
    while (incoming->receive(receiver) > 0) {
      for (; incoming->next(datagram); ++next) {
        EXPECT_EQ(datagram.remote, from);
        ASSERT_EQ(datagram.packet.bytes().size(), 20u + next);
        EXPECT_EQ(datagram.packet.bytes().back(), next);
      }
    }
    EXPECT_EQ(next, 150);
  }
}

TEST(IoDatagrams, OneBadDestinationDoesNotHoldUpTheOthers) {
  const UdpSocket receiver = bind_loopback();
  std::vector<UdpSocket> senders;
  senders.push_back(bind_loopback());
  base::SocketAddress nowhere = receiver.local();
  nowhere.port = 0;
  transport::SendSlab slab;
  add(slab, senders[0], receiver.local(), 10, 1);
  add(slab, senders[0], nowhere, 10, 2);
  add(slab, senders[0], receiver.local(), 10, 3);
  add(slab, receiver, receiver.local(), 10, 4);  // not from a socket of the shard
  SendBatch outgoing;
  const SendResult result = outgoing.send(senders, slab.transmits());
  EXPECT_EQ(result.packets, 2u);
  EXPECT_EQ(result.bytes, 20u);
  EXPECT_EQ(result.failed, 2u);
}

TEST(IoDatagrams, OversizedOnesAreMarked) {
  const UdpSocket receiver = bind_loopback();
  std::vector<UdpSocket> senders;
  senders.push_back(bind_loopback());
  transport::SendSlab slab;
  add(slab, senders[0], receiver.local(), base::kPacketCapacity, 1);
  add(slab, senders[0], receiver.local(), base::kPacketCapacity + 1, 1);
  SendBatch().send(senders, slab.transmits());
  base::PacketPool pool(0, 100);
  ReceiveBatch incoming(pool);
  ASSERT_EQ(incoming.receive(receiver), 2u);
  ReceivedDatagram datagram;
  ASSERT_TRUE(incoming.next(datagram));
  EXPECT_FALSE(datagram.is_oversized);
  ASSERT_TRUE(incoming.next(datagram));
  EXPECT_TRUE(datagram.is_oversized);
  EXPECT_FALSE(incoming.next(datagram));
}

TEST(IoDatagrams, AreThrownAwayWhileThePoolIsExhausted) {
  const UdpSocket receiver = bind_loopback();
  std::vector<UdpSocket> senders;
  senders.push_back(bind_loopback());
  transport::SendSlab slab;
  for (uint8_t i = 0; i < 4; ++i) add(slab, senders[0], receiver.local(), 100, i);
  SendBatch().send(senders, slab.transmits());
  base::PacketPool pool(0, 2);
  ReceiveBatch incoming(pool);
  ASSERT_EQ(incoming.receive(receiver), 2u);
  ReceivedDatagram first;
  ReceivedDatagram second;
  ReceivedDatagram third;
  ASSERT_TRUE(incoming.next(first) && incoming.next(second));
  ASSERT_EQ(incoming.receive(receiver), 1u);
  ASSERT_TRUE(incoming.next(third));
  EXPECT_FALSE(third.packet);
  first.packet.reset();
  ASSERT_EQ(incoming.receive(receiver), 1u);
  ASSERT_TRUE(incoming.next(third));
  EXPECT_EQ(third.packet.bytes().front(), 3);
}

// A socket that sends and one that receives in runs, if the kernel can.
struct RunPair {
  RunPair() {
    senders.push_back(bind_loopback());
    senders[0].use_runs(true, true);
    receiver.use_runs(true, true);
  }

  bool works() const { return senders[0].sends_runs() && receiver.receives_runs(); }
  const UdpSocket& sender() const { return senders[0]; }

  // Every datagram that arrives, by its size and its first byte.
  std::vector<std::pair<size_t, int>> read(size_t& messages) {
    std::vector<std::pair<size_t, int>> all;
    ReceivedDatagram datagram;
    messages = 0;
    while (const size_t count = incoming->receive(receiver)) {
      messages += count;
      while (incoming->next(datagram)) {
        EXPECT_EQ(datagram.remote, senders[0].local());
        EXPECT_EQ(datagram.packet.bytes().front(), datagram.packet.bytes().back());
        all.emplace_back(datagram.packet.bytes().size(), datagram.packet.bytes().front());
      }
    }
    return all;
  }

  UdpSocket receiver = bind_loopback();
  std::vector<UdpSocket> senders;
  base::PacketPool pool{0, 1000};
  std::unique_ptr<ReceiveBatch> incoming = std::make_unique<ReceiveBatch>(pool);
};

TEST(IoRuns, NeighboursOfOneSizeAreOneMessage) {
  RunPair pair;
  ASSERT_TRUE(pair.works()) << "Linux has UDP_SEGMENT since 4.18 and UDP_GRO since 5.0";
  transport::SendSlab slab;
  uint8_t value = 0;
  // A frame of nine, a shorter one that ends the run, one that is longer than its forerunner.
  for (const size_t size : {1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 700, 700, 800}) {
    add(slab, pair.sender(), pair.receiver.local(), size, ++value);
  }
  SendBatch outgoing;
  const SendResult result = outgoing.send(pair.senders, slab.transmits());
  EXPECT_EQ(result.packets, 11u);
  EXPECT_EQ(result.bytes, 8u * 1200 + 700 + 700 + 800);
  EXPECT_EQ(result.messages, 3u);
  EXPECT_EQ(result.calls, 1u);
  size_t messages = 0;
  const auto arrived = pair.read(messages);
  EXPECT_EQ(messages, 3u);
  ASSERT_EQ(arrived.size(), 11u);
  for (size_t i = 0; i < arrived.size(); ++i) EXPECT_EQ(arrived[i].second, static_cast<int>(i) + 1);
  EXPECT_EQ(arrived[8].first, 700u);
  EXPECT_EQ(arrived[10].first, 800u);
  EXPECT_EQ(pair.pool.blocks_in_use(), ReceiveBatch::kSize);
}

TEST(IoRuns, OfAnotherDestinationBeginAnew) {
  RunPair pair;
  const UdpSocket other = bind_loopback();
  transport::SendSlab slab;
  for (int i = 0; i < 3; ++i) {
    add(slab, pair.sender(), pair.receiver.local(), 100, 1);
    add(slab, pair.sender(), other.local(), 100, 2);
  }
  EXPECT_EQ(SendBatch().send(pair.senders, slab.transmits()).messages, 6u);
}

TEST(IoRuns, AreBoundedInCountAndBytes) {
  RunPair pair;
  ASSERT_TRUE(pair.works()) << "Linux has UDP_SEGMENT since 4.18 and UDP_GRO since 5.0";
  transport::SendSlab slab;
  for (int i = 0; i < 150; ++i) add(slab, pair.sender(), pair.receiver.local(), 100, 1);
  EXPECT_EQ(SendBatch().send(pair.senders, slab.transmits()).messages, 3u);
  slab.reset();
  for (int i = 0; i < 60; ++i) add(slab, pair.sender(), pair.receiver.local(), 1400, 2);
  EXPECT_EQ(SendBatch().send(pair.senders, slab.transmits()).messages, 2u);
  size_t messages = 0;
  EXPECT_EQ(pair.read(messages).size(), 210u);
}

// The kernel cuts no runs for a socket without checksums (EINVAL): as a device that cannot.
TEST(IoRuns, ThatTheKernelRefusesLeaveOneByOne) {
  RunPair pair;
  ASSERT_TRUE(pair.works()) << "Linux has UDP_SEGMENT since 4.18 and UDP_GRO since 5.0";
  const int on = 1;
  ASSERT_EQ(setsockopt(pair.sender().fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  const UdpSocket other = bind_loopback();
  transport::SendSlab slab;
  add(slab, pair.sender(), other.local(), 100, 9);
  for (uint8_t i = 0; i < 20; ++i) add(slab, pair.sender(), pair.receiver.local(), 500, i);
  add(slab, pair.sender(), pair.receiver.local(), 300, 20);
  add(slab, pair.sender(), other.local(), 100, 9);
  const SendResult result = SendBatch().send(pair.senders, slab.transmits());
  EXPECT_EQ(result.packets, 23u);
  EXPECT_EQ(result.bytes, 100u + 20 * 500 + 300 + 100);
  EXPECT_EQ(result.failed, 0u);
  EXPECT_EQ(result.runs_refused, 1u);
  size_t messages = 0;
  const auto arrived = pair.read(messages);
  ASSERT_EQ(arrived.size(), 21u);
  for (size_t i = 0; i < arrived.size(); ++i) EXPECT_EQ(arrived[i].second, static_cast<int>(i));
}

// EIO is about the device: no further run is tried.
TEST(IoRuns, AreNotTriedWhereTheDeviceCannot) {
  RunPair pair;
  pair.senders[0].send_no_more_runs();
  transport::SendSlab slab;
  for (int i = 0; i < 5; ++i) add(slab, pair.sender(), pair.receiver.local(), 100, 1);
  EXPECT_EQ(SendBatch().send(pair.senders, slab.transmits()).messages, 5u);
}

// Its address and its descriptor become those of a UDP-Lite socket (RFC 3828).
bool become_lite(const UdpSocket& socket) {
  const Descriptor lite(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDPLITE));
  const KernelAddress address(socket.local());
  return lite.get() >= 0 && bind(lite.get(), &address.any, address.size) == 0 &&
         dup2(lite.get(), socket.fd()) >= 0;
}

// The kernel cuts no runs of UDP-Lite: EIO, from where older ones (before 6.11) say the same of a
// device that makes no checksums (udp_send_skb).
TEST(IoRuns, ThatNoDeviceCutsAreTriedOnce) {
  RunPair pair;
  ASSERT_TRUE(pair.works()) << "Linux has UDP_SEGMENT since 4.18 and UDP_GRO since 5.0";
  if (!become_lite(pair.sender()) || !become_lite(pair.receiver)) {
    GTEST_SKIP() << "no UDP-Lite here: " << std::strerror(errno);
  }
  transport::SendSlab slab;
  SendBatch outgoing;
  uint8_t next = 0;
  for (const uint64_t refused : {1u, 0u}) {
    slab.reset();
    for (int i = 0; i < 20; ++i) add(slab, pair.sender(), pair.receiver.local(), 500, next++);
    add(slab, pair.sender(), pair.receiver.local(), 300, next++);
    const SendResult result = outgoing.send(pair.senders, slab.transmits());
    EXPECT_EQ(result.packets, 21u);
    EXPECT_EQ(result.messages, 21u);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_EQ(result.runs_refused, refused);
  }
  size_t messages = 0;
  const auto arrived = pair.read(messages);
  ASSERT_EQ(arrived.size(), 42u);
  for (size_t i = 0; i < arrived.size(); ++i) EXPECT_EQ(arrived[i].second, static_cast<int>(i));
}

TEST(IoRuns, WhatWasGivenOutIsNotWrittenAgain) {
  RunPair pair;
  ASSERT_TRUE(pair.works());
  transport::SendSlab slab;
  for (int i = 0; i < 3; ++i) add(slab, pair.sender(), pair.receiver.local(), 700, 1);
  SendBatch outgoing;
  outgoing.send(pair.senders, slab.transmits());
  ReceivedDatagram first;
  ASSERT_EQ(pair.incoming->receive(pair.receiver), 1u);
  ASSERT_TRUE(pair.incoming->next(first));
  slab.reset();
  add(slab, pair.sender(), pair.receiver.local(), 700, 2);
  outgoing.send(pair.senders, slab.transmits());
  ReceivedDatagram second;
  ASSERT_EQ(pair.incoming->receive(pair.receiver), 1u);  // the rest of the train is dropped
  ASSERT_TRUE(pair.incoming->next(second));
  EXPECT_EQ(first.packet.bytes().front(), 1);
  EXPECT_EQ(second.packet.bytes().front(), 2);
}

TEST(IoRuns, ARunThatOutgrowsThePoolLosesItsEnd) {
  RunPair pair;
  ASSERT_TRUE(pair.works()) << "Linux has UDP_SEGMENT since 4.18 and UDP_GRO since 5.0";
  transport::SendSlab slab;
  for (int i = 0; i < 5; ++i) add(slab, pair.sender(), pair.receiver.local(), 1200, 1);
  SendBatch().send(pair.senders, slab.transmits());
  base::PacketPool pool(0, 3);
  ReceiveBatch incoming(pool);
  ASSERT_EQ(incoming.receive(pair.receiver), 1u);
  std::vector<ReceivedDatagram> all;
  ReceivedDatagram datagram;
  while (incoming.next(datagram)) all.push_back(datagram);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_TRUE(all[0].packet);
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& it) { return !it.packet; }), 4);
  all.clear();
  datagram = {};
  EXPECT_EQ(incoming.receive(pair.receiver), 0u);
}

}  // namespace
}  // namespace io
