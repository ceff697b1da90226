// The TCP port for clients whose network lets no UDP through (RFC 6544, passive candidates). One
// port for all shards of a node.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/time.h"
#include "io/descriptor.h"
#include "io/udp_socket.h"

namespace io {

// A connection on its way to the shard that will serve it.
struct AcceptedConnection {
  Descriptor descriptor;  // non-blocking; nothing was read from it
  base::FiveTuple path;   // both ends with protocol kTcp
  base::Instant accepted_at;
};

enum class AcceptResult : uint8_t {
  kAccepted,
  kNone,       // nobody waits
  kRefused,    // not from an address that is served; closed
  kExhausted,  // no descriptor is left for it: it still waits
};

class TcpListener {
 public:
  // As UdpSocket::bind_to, and listens. The port can be taken again at once after a restart.
  static std::optional<TcpListener> bind_to(const base::SocketAddress& address, int& error,
                                            bool same_host = false);

  int fd() const { return descriptor_.get(); }
  // As bound, with protocol kTcp.
  const base::SocketAddress& local() const { return local_; }
  // Takes one connection that waits; `out` is good with kAccepted.
  AcceptResult accept(AcceptedConnection& out) const;

 private:
  TcpListener(Descriptor descriptor, const base::SocketAddress& local, bool same_host)
      : descriptor_(std::move(descriptor)), local_(local), same_host_(same_host) {}

  Descriptor descriptor_;
  base::SocketAddress local_;
  bool same_host_;
};

}  // namespace io
