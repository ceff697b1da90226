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
  // then its errno. IPv6 sockets take IPv6 only, so that an address has one form. `same_host`: see
  // accepts().
  static std::optional<UdpSocket> bind_to(const base::SocketAddress& address, int& error,
                                          bool same_host = false);

  // Datagrams in runs of one size, as one message each (UDP_SEGMENT, UDP_GRO): asked for once, used
  // where the kernel has it.
  void use_runs(bool sending, bool receiving);
  bool sends_runs() const { return sends_runs_; }
  bool receives_runs() const { return receives_runs_; }
  // The device that they leave by cannot cut them.
  void send_no_more_runs() { sends_runs_ = false; }

  int fd() const { return descriptor_.get(); }
  // As bound: with the real port.
  const base::SocketAddress& local() const { return local_; }
  // Whether a datagram from `remote` is to be looked at: from anywhere, or, for a socket of the
  // same host only, from its own address (the kernel lets no other host use that one).
  bool accepts(const base::SocketAddress& remote) const {
    return !same_host_ || remote.bytes == local_.bytes;
  }

 private:
  UdpSocket(Descriptor descriptor, const base::SocketAddress& local, bool same_host)
      : descriptor_(std::move(descriptor)), local_(local), same_host_(same_host) {}

  Descriptor descriptor_;
  base::SocketAddress local_;
  bool same_host_;
  bool sends_runs_ = false;
  bool receives_runs_ = false;
};

}  // namespace io
