// Many datagrams per system call: sendmmsg of everything in a send slab, neighbours of one
// destination as one message that the kernel cuts (UDP_SEGMENT, udp(7)).
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
  uint64_t messages = 0;      // that the kernel took: runs, and datagrams alone
  uint64_t runs_refused = 0;  // not taken as one, then sent datagram by datagram
};

class SendBatch {
 public:
  // Messages per call: the call's cost has vanished, its arguments stay in the L1 cache.
  static constexpr size_t kSize = 64;
  // Datagrams of one run: the least of what kernels allow (UDP_MAX_SEGMENTS was 64 before 6.9).
  static constexpr size_t kMaxRun = 64;
  // Bytes of one run: a UDP datagram over IPv4 has at most 65 507.
  static constexpr size_t kMaxRunBytes = 65'000;

  // Sends each transmit whose path is UDP from the socket that has its local address; the others
  // are not looked at. Neighbours to one address leave as one run where they have one size (the
  // last may be shorter) and the socket can; a run that the kernel refuses (EIO, EINVAL: the
  // route's device cannot, or its MTU is smaller) leaves datagram by datagram. A full socket is
  // waited for, one millisecond in all; what does not fit then is lost, as on any full queue of the
  // network.
  SendResult send(std::span<UdpSocket> sockets, std::span<const transport::Transmit> transmits);

 private:
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> bytes;
  };

  void add(const UdpSocket& socket, const transport::Transmit& transmit);
  bool joins_last(const UdpSocket& socket, const transport::Transmit& transmit) const;
  void begin_message(const transport::Transmit& transmit);
  void name_segments();
  void flush(UdpSocket& socket, SendResult& result);
  // Whether the message that the kernel has refused is over and done with.
  bool handle_refusal(UdpSocket& socket, size_t message, int error, SendResult& result);
  void send_apart(const UdpSocket& socket, size_t message, SendResult& result);

  size_t count_ = 0;
  int patience_ms_ = 0;
  const transport::Transmit* last_ = nullptr;  // the last one added
  std::array<KernelAddress, kSize> addresses_;
  std::array<iovec, kSize> vectors_{};
  std::array<mmsghdr, kSize> messages_{};
  std::array<Control, kSize> controls_{};
  std::array<uint16_t, kSize> segments_{};  // bytes of each datagram of a run but its last
  std::array<uint16_t, kSize> packets_{};   // of a message
};

}  // namespace io
