#include "io/udp_socket.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace io {

namespace {

// Kernel buffers of a socket, bytes. They bridge the time in which the media thread does something
// else: 4 MiB is 30 ms at 1 Gbit/s. Larger hides overload behind delay, smaller loses bursts.
constexpr int kSocketBuffer = 4 << 20;

bool set_udp_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Beyond the limit for everyone (net.core.rmem_max) where the process may, else up to it.
void enlarge_buffer(int fd, int forced, int plain) {
  if (!set_udp_option(fd, SOL_SOCKET, forced, kSocketBuffer)) {
    set_udp_option(fd, SOL_SOCKET, plain, kSocketBuffer);
  }
}

}  // namespace

KernelAddress::KernelAddress(const base::SocketAddress& address) : KernelAddress() {
  if (address.family == base::Family::kIpv4) {
    v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.bytes.data(), sizeof v4.sin_addr);
    size = sizeof v4;
  } else {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof v6.sin6_addr);
  }
}

base::SocketAddress KernelAddress::to_address() const {
  base::SocketAddress address;
  if (any.sa_family == AF_INET) {
    address.port = ntohs(v4.sin_port);
    std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else {
    address.family = base::Family::kIpv6;
    address.port = ntohs(v6.sin6_port);
    std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return address;
}

std::optional<UdpSocket> UdpSocket::bind_to(const base::SocketAddress& address, int& error,
                                            bool same_host) {
  KernelAddress kernel(address);
  Descriptor descriptor(
      socket(kernel.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  const int fd = descriptor.get();
  const bool is_v6 = address.family == base::Family::kIpv6;
  if (fd < 0 || (is_v6 && !set_udp_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
      bind(fd, &kernel.any, kernel.size) != 0 || getsockname(fd, &kernel.any, &kernel.size) != 0) {
    error = errno;
    return std::nullopt;
  }
  enlarge_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  set_udp_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  return UdpSocket(std::move(descriptor), kernel.to_address(), same_host);
}

// An old kernel ignores the control message of a run and would send it as one datagram: whether it
// knows the option is asked first. 0 sets nothing.
void UdpSocket::use_runs(bool sending, bool receiving) {
  sends_runs_ = sending && set_udp_option(fd(), SOL_UDP, UDP_SEGMENT, 0);
  receives_runs_ = receiving && set_udp_option(fd(), SOL_UDP, UDP_GRO, 1);
}

}  // namespace io
