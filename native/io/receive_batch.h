// Many datagrams per system call: recvmmsg into blocks of a shard's pool.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/packet.h"
#include "io/udp_socket.h"

namespace io {

class ReceiveBatch {
 public:
  // Datagrams per call. Above 64 the call's own cost has vanished and packets leave the L1 cache
  // before they are looked at.
  static constexpr size_t kSize = 64;

  explicit ReceiveBatch(base::PacketPool& pool);
  ReceiveBatch(const ReceiveBatch&) = delete;
  ReceiveBatch& operator=(const ReceiveBatch&) = delete;

  // Reads what waits, up to kSize datagrams, and returns how many came. Where the pool is exhausted
  // one datagram at a time is read and thrown away: its packet() is empty.
  size_t receive(const UdpSocket& socket);

  base::SocketAddress remote(size_t index) const { return addresses_[index].to_address(); }
  size_t size(size_t index) const { return messages_[index].msg_len; }
  // Larger than a block: cut off by the kernel.
  bool is_oversized(size_t index) const {
    return (messages_[index].msg_hdr.msg_flags & MSG_TRUNC) != 0;
  }
  // Moves the datagram out; its place gets a new block with the next receive().
  base::PacketRef take(size_t index);
  // Datagrams that the kernel has dropped on the socket since it was opened, as told with the last
  // receive(); 0 when it said nothing.
  uint32_t kernel_drops() const { return kernel_drops_; }

 private:
  size_t refill();
  void prepare(size_t index);
  void read_kernel_drops(size_t count);

  base::PacketPool& pool_;
  uint32_t kernel_drops_ = 0;
  std::array<base::PacketRef, kSize> packets_;
  std::array<KernelAddress, kSize> addresses_;
  std::array<iovec, kSize> vectors_{};
  std::array<mmsghdr, kSize> messages_{};
  // Room for the one control message that is asked for (SO_RXQ_OVFL).
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint32_t))> bytes;
  };
  std::array<Control, kSize> controls_{};
  uint8_t scratch_ = 0;
};

}  // namespace io
