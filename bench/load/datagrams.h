// The generator's and the ideal forwarder's system calls: whole trains of datagrams in and out.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "io/udp_socket.h"

namespace load {

int64_t monotonic_ns();
int64_t realtime_ns();
int64_t thread_cpu_ns();

// Lets the kernel hand over trains of datagrams (UDP_GRO). False: it does not know them.
bool enable_gro(int fd);
// Lets the kernel say when each datagram or train reached the socket (SO_TIMESTAMPNS).
void enable_stamps(int fd);

struct Arrival {
  std::span<uint8_t> datagram;
  int64_t at_ns = 0;  // CLOCK_REALTIME by the kernel; 0 where the socket does not ask for it
  bool in_train = false;
};

// Datagrams or trains of them, many with one call.
class Receiver {
 public:
  // Trains with one call. A train is up to 64 kB.
  static constexpr size_t kSize = 32;

  Receiver();
  // Receives once, as `flags` of recvmmsg say, and calls `take` for every datagram; the bytes may
  // be changed there. Returns how many messages (trains) came; below kSize nothing is left.
  size_t receive(int fd, int flags, const std::function<void(const Arrival&)>& take);
  // Datagrams that the kernel has dropped on a socket since it was opened, as told with the last
  // receive(); 0 when it said nothing.
  uint32_t kernel_drops() const { return kernel_drops_; }

 private:
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, 128> bytes;
  };
  struct Told {
    size_t segment = 0;
    int64_t at_ns = 0;
  };
  Told read_control(msghdr& header);
  void prepare(size_t index);

  std::vector<uint8_t> bytes_;
  std::array<iovec, kSize> vectors_{};
  std::array<mmsghdr, kSize> messages_{};
  std::array<Control, kSize> controls_{};
  uint32_t kernel_drops_ = 0;
};

// Messages gathered for one sendmmsg, each one datagram or a train of equal ones (UDP_SEGMENT).
class Sender {
 public:
  static constexpr size_t kSize = 128;

  // `train` is sent as datagrams of `segment` bytes, the last one may be shorter; with segment 0 it
  // is one datagram. Bytes and address must live until `flush`. Only while !is_full().
  void add(std::span<const uint8_t> train, size_t segment, const io::KernelAddress& to);
  bool is_full() const { return count_ == kSize; }
  // Sends all and returns how many messages the kernel refused.
  size_t flush(int fd);
  uint64_t calls() const { return calls_; }

 private:
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> bytes;
  };
  size_t count_ = 0;
  uint64_t calls_ = 0;
  std::array<iovec, kSize> vectors_{};
  std::array<mmsghdr, kSize> messages_{};
  std::array<Control, kSize> controls_{};
};

}  // namespace load
