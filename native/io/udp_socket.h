// One bound, non-blocking UDP socket and the kernel's form of addresses.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "io/descriptor.h"

namespace io {

// sockaddr_in or sockaddr_in6, and how much of it counts.
struct KernelAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = sizeof(sockaddr_in6);

  KernelAddress() : v6{} {}
  explicit KernelAddress(const base::SocketAddress& address);
  base::SocketAddress to_address() const;
};

class UdpSocket {
 public:
  // Binds to a literal address (port 0: any free one). nullopt when the kernel refuses; `error` is
  // then its errno. IPv6 sockets take IPv6 only, so that an address has one form.
  static std::optional<UdpSocket> bind_to(const base::SocketAddress& address, int& error);

  int fd() const { return descriptor_.get(); }
  // As bound: with the real port.
  const base::SocketAddress& local() const { return local_; }

 private:
  UdpSocket(Descriptor descriptor, const base::SocketAddress& local)
      : descriptor_(std::move(descriptor)), local_(local) {}

  Descriptor descriptor_;
  base::SocketAddress local_;
};

}  // namespace io
