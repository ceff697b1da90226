// Sockets and batches of datagrams, over loopback.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

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
    while (const size_t count = incoming->receive(receiver)) {
      for (size_t i = 0; i < count; ++i, ++next) {
        EXPECT_EQ(incoming->remote(i), from);
        const base::PacketRef packet = incoming->take(i);
        ASSERT_EQ(packet.bytes().size(), 20u + next);
        EXPECT_EQ(packet.bytes().back(), next);
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
  EXPECT_FALSE(incoming.is_oversized(0));
  EXPECT_TRUE(incoming.is_oversized(1));
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
  base::PacketRef first = incoming.take(0);
  const base::PacketRef second = incoming.take(1);
  ASSERT_EQ(incoming.receive(receiver), 1u);
  EXPECT_FALSE(incoming.take(0));
  first.reset();
  ASSERT_EQ(incoming.receive(receiver), 1u);
  EXPECT_EQ(incoming.take(0).bytes().front(), 3);
}

}  // namespace
}  // namespace io
