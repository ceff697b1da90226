// Publishers and subscribers of a benchmark on one thread: sockets, handshakes, sources, sinks.
//
// Sinks are not waited for: every millisecond all sockets are read until they are empty. So nobody
// who sends pays for waking this thread, and how busy it is shows how near its limit it is. When a
// packet arrived is told by the kernel, not by when it was read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "crypto/srtp_cipher.h"
#include "io/udp_socket.h"
#include "load/association.h"
#include "load/datagrams.h"
#include "load/histogram.h"
#include "load/sink.h"
#include "load/source.h"

namespace load {

// Where sources send to, and with which keys.
enum class Target : uint8_t { kServer, kIdeal };

struct PeerOptions {
  base::SocketAddress bind;
  crypto::SrtpProfile profile = crypto::SrtpProfile::kAeadAes128Gcm;
  bool is_subscriber = false;
  bool is_plain = false;
  bool is_observed = false;
  bool gro = true;
  uint8_t transport_cc_id = 0;  // of a subscriber that sends feedback; 0: it sends none
};

// Of the time since the last mark.
struct Report {
  double seconds = 0;
  double busy = 0;  // CPU time of this thread by time passed, 0 to 1
  uint64_t sent = 0;
  uint64_t asked = 0;  // what the sources should have sent
  uint64_t refused = 0;
  uint64_t sink_drops = 0;  // by the kernel, at full sockets of sinks
  Histogram lateness_ns;    // of frames: sent later than due
  Received received;
};

class Generator {
 public:
  Generator();

  // Returns its number, from 0 on; nullopt when the socket cannot be bound.
  std::optional<size_t> add_peer(const PeerOptions& options);
  const Association& association(size_t peer) const { return peers_[peer]->association; }
  uint16_t port(size_t peer) const { return peers_[peer]->socket.local().port; }

  // Begins ICE and DTLS; a plain peer only learns where the server is.
  void connect(size_t peer, const base::SocketAddress& server, IceCredentials credentials);
  // Of the peers that were told to: still at it.
  size_t connecting() const;

  void start(Target target, const base::SocketAddress& ideal,
             const std::vector<SourceOptions>& sources);
  void stop() { running_.clear(); }
  // How often all sockets are read.
  int64_t drain_interval_ns() const;
  Report mark();

  // One turn: sends what is due, reads what has come, and returns when to be called next.
  int64_t step();

 private:
  struct Peer {
    Peer(io::UdpSocket bound, Association with, Sink counted, crypto::SrtpCipher& cipher,
         const crypto::SrtpMasterKey& to_ideal)
        : socket(std::move(bound)),
          association(std::move(with)),
          sink(std::move(counted)),
          ideal(cipher, to_ideal) {}

    io::UdpSocket socket;
    Association association;
    Sink sink;
    srtp::OutboundContext ideal;
    io::KernelAddress server;
    bool is_subscriber = false;
    int64_t next_check_ns = 0;  // 0: not told to connect
    uint32_t kernel_drops = 0;
    uint16_t transport_sequence = 0;
  };

  void send_due(int64_t now_ns);
  void send_frame(Source& source, int64_t now_ns);
  void drain(Peer& peer);
  void handle(Peer& peer, const Arrival& arrival);
  void handle_publisher_rtcp(Peer& peer, std::span<uint8_t> datagram);
  void want_key_frame(uint32_t ssrc);
  void keep_alive(Peer& peer, int64_t now_ns);
  void send_feedback(Peer& peer);
  void send(const Peer& peer, const crypto::Datagrams& datagrams);

  std::unique_ptr<crypto::SrtpCipher> cipher_;
  std::vector<std::unique_ptr<Peer>> peers_;
  Receiver receiver_;
  Sender sender_;
  Frame frame_;
  Target target_ = Target::kServer;
  io::KernelAddress ideal_;
  // By target, peer and SSRC: numbers go on when a source starts again.
  std::map<std::tuple<Target, size_t, uint32_t>, std::unique_ptr<Source>> sources_;
  std::vector<Source*> running_;  // a heap: what is due first is at the front
  int64_t next_due_ns_ = 0;
  int64_t next_drain_ns_ = 0;
  std::unique_ptr<Report> report_;
  int64_t marked_ns_ = 0;
  int64_t marked_cpu_ns_ = 0;
};

}  // namespace load
