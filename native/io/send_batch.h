// Many datagrams per system call: sendmmsg of everything in a send slab.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "io/udp_socket.h"
#include "transport/send_slab.h"

namespace io {

struct SendResult {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t failed = 0;  // refused by the kernel, or no socket has the local address
  uint64_t calls = 0;
};

class SendBatch {
 public:
  // Datagrams per call: the call's cost has vanished, its arguments stay in the L1 cache.
  static constexpr size_t kSize = 64;

  // Sends each transmit whose path is UDP from the socket that has its local address; the others
  // are not looked at. A full socket is waited for,
  // one millisecond in all; what does not fit then is lost, as on any full queue of the network.
  SendResult send(std::span<const UdpSocket> sockets,
                  std::span<const transport::Transmit> transmits);

 private:
  void add(const transport::Transmit& transmit);
  void flush(const UdpSocket& socket, SendResult& result);

  size_t count_ = 0;
  int patience_ms_ = 0;
  std::array<KernelAddress, kSize> addresses_;
  std::array<iovec, kSize> vectors_{};
  std::array<mmsghdr, kSize> messages_{};
};

}  // namespace io
