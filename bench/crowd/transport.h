// One ICE, DTLS and SRTP association of a person: its socket, and whether the other side is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "io/udp_socket.h"
#include "load/association.h"
#include "load/datagrams.h"

namespace crowd {

enum class Turn : uint8_t { kNone, kConnected, kLost, kBack, kFailed };

class Transport {
 public:
  Transport(size_t id, uint32_t person, io::UdpSocket socket, crypto::SrtpCipher& cipher);

  size_t id() const { return id_; }
  uint32_t person() const { return person_; }
  int fd() const { return socket_.fd(); }
  uint16_t port() const { return socket_.local().port; }
  load::Association& association() { return association_; }
  const load::Association& association() const { return association_; }

  void connect(load::IceCredentials server, const base::SocketAddress& address, int64_t now_ns,
               load::Sender& sender);
  // ICE restarts, and begins with the next `connect`.
  void restart();
  // From now on with another socket; the server learns of it by the next check, which is due.
  void move(io::UdpSocket socket) {
    socket_ = std::move(socket);
    due_ns_ = 0;
  }

  // Something came from the server.
  void heard(int64_t now_ns) { heard_ns_ = now_ns; }
  // Sends checks that are due. What has turned, if anything.
  Turn look(int64_t now_ns, load::Sender& sender);
  int64_t due_ns() const { return due_ns_; }
  int64_t silent_ns(int64_t now_ns) const { return now_ns - heard_ns_; }

  void send(std::span<const uint8_t> datagram, load::Sender& sender);
  // With the next that is flushed to `fd`; the bytes must live until then.
  void add(std::span<const uint8_t> datagram, load::Sender& sender) {
    sender.add(datagram, 0, server_);
  }
  void send_all(const crypto::Datagrams& datagrams, load::Sender& sender);

  // Media packets, and when the last one came; monotonic.
  uint64_t media_packets = 0;
  int64_t last_media_ns = 0;

 private:
  load::IceCredentials next_credentials();

  size_t id_;
  uint32_t person_;
  uint32_t generation_ = 0;
  io::UdpSocket socket_;
  load::Association association_;
  io::KernelAddress server_;
  int64_t heard_ns_ = 0;
  int64_t due_ns_ = INT64_MAX;
  bool was_connected_ = false;
  bool is_lost_ = false;
};

}  // namespace crowd
