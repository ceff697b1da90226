// Many datagrams per system call: recvmmsg into blocks of a shard's pool. Where the kernel hands
// over several datagrams of one sender as one (UDP_GRO, udp(7)), they are cut apart here.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/address.h"
#include "base/packet.h"
#include "io/udp_socket.h"

namespace io {

struct ReceivedDatagram {
  base::PacketRef packet;  // empty while the pool is exhausted
  base::SocketAddress remote;
  size_t size = 0;
  bool is_oversized = false;  // larger than a block: cut off
};

class ReceiveBatch {
 public:
  // Messages per call. Above 64 the call's own cost has vanished and packets leave the L1 cache
  // before they are looked at.
  static constexpr size_t kSize = 64;
  // Bytes of the longest message.
  static constexpr size_t kMaxMessage = 65'536;

  explicit ReceiveBatch(base::PacketPool& pool);
  ReceiveBatch(const ReceiveBatch&) = delete;
  ReceiveBatch& operator=(const ReceiveBatch&) = delete;

  // Reads what waits, up to kSize messages, and returns how many came. Where the pool is exhausted
  // one message at a time is read and thrown away. What `next` has not given is dropped.
  size_t receive(const UdpSocket& socket);
  // The next datagram of the last receive(), in the order of arrival; false: there is none.
  bool next(ReceivedDatagram& out);
  // Datagrams that the kernel has dropped on the socket since it was opened, as told with the last
  // receive(); 0 when it said nothing.
  uint32_t kernel_drops() const { return kernel_drops_; }

 private:
  // Room for the two control messages that are asked for: SO_RXQ_OVFL and UDP_GRO.
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(int))> bytes;
  };
  // A message lands in a block of the pool, what does not fit behind it.
  static constexpr size_t kTail = kMaxMessage - base::kPacketCapacity;
  using Vectors = std::array<iovec, 2>;

  size_t prepare_all(size_t tail);
  void prepare(size_t index, size_t tail);
  void open(size_t index);
  void take_first(ReceivedDatagram& out);
  void take_behind(ReceivedDatagram& out);
  void copy(size_t from, std::span<uint8_t> to) const;

  base::PacketPool& pool_;
  uint32_t kernel_drops_ = 0;
  std::array<base::PacketRef, kSize> packets_;
  std::unique_ptr<uint8_t[]> tails_;  // kTail bytes a message, touched where it is that long
  std::array<KernelAddress, kSize> addresses_;
  std::array<Vectors, kSize> vectors_{};
  std::array<mmsghdr, kSize> messages_{};
  std::array<Control, kSize> controls_{};
  size_t prepared_ = 0;  // messages that are as the kernel wants them, but for those it filled
  size_t tail_ = 0;      // for which room behind the block
  size_t count_ = 0;     // messages of the last receive()
  size_t message_ = 0;   // the one that is being given out
  size_t at_ = 0;        // where in it
  size_t segment_ = 0;   // bytes of its datagrams but the last
  base::SocketAddress remote_;
};

}  // namespace io
