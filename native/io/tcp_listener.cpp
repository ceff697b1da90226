#include "io/tcp_listener.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace io {

namespace {

// Handshakes that are done before accept() takes them; the kernel refuses more. A media thread
// takes them within a turn.
constexpr int kBacklog = 256;

// Bytes that the kernel holds unsent for one connection. What is beyond waits in our own queue,
// where media is dropped before it is too late; below 32 kB a fast path runs dry between two turns.
constexpr int kUnsentBytes = 32 * 1024;

bool set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

base::SocketAddress as_tcp(base::SocketAddress address) {
  address.protocol = base::Protocol::kTcp;
  return address;
}

}  // namespace

std::optional<TcpListener> TcpListener::bind_to(const base::SocketAddress& address, int& error,
                                                bool same_host) {
  KernelAddress kernel(address);
  Descriptor descriptor(
      socket(kernel.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const int fd = descriptor.get();
  const bool is_v6 = address.family == base::Family::kIpv6;
  if (fd < 0 || (is_v6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
      !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) || bind(fd, &kernel.any, kernel.size) != 0 ||
      listen(fd, kBacklog) != 0 || getsockname(fd, &kernel.any, &kernel.size) != 0) {
    error = errno;
    return std::nullopt;
  }
  return TcpListener(std::move(descriptor), as_tcp(kernel.to_address()), same_host);
}

AcceptResult TcpListener::accept(AcceptedConnection& out) const {
  KernelAddress kernel;
  const int fd = accept4(this->fd(), &kernel.any, &kernel.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    const bool exhausted =
        errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (exhausted) return AcceptResult::kExhausted;
    // A client that gave up meanwhile (ECONNABORTED) is no reason to stop taking others.
    return errno == EAGAIN ? AcceptResult::kNone : AcceptResult::kRefused;
  }
  out.descriptor = Descriptor(fd);
  out.path = {local_, as_tcp(kernel.to_address())};
  if (same_host_ && out.path.remote.bytes != local_.bytes) {
    out.descriptor = {};
    return AcceptResult::kRefused;
  }
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
  return AcceptResult::kAccepted;
}

}  // namespace io
