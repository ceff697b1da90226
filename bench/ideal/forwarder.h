// The bare forwarder: what a packet costs at least on this machine. It receives trains, decrypts
// them, and for each receiver writes another header, encrypts under the receiver's key straight
// into the slab, and sends runs of equal size as one message. It knows no protocol.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/address.h"
#include "crypto/srtp_cipher.h"
#include "io/udp_socket.h"
#include "load/datagrams.h"
#include "srtp/inbound_context.h"
#include "srtp/session_protection.h"

namespace ideal {

struct Options {
  base::SocketAddress bind;
  crypto::SrtpProfile profile = crypto::SrtpProfile::kAeadAes128Gcm;
  bool gso = true;
  bool openssl = false;
};

struct Counts {
  std::atomic<uint64_t> packets_in{0};
  std::atomic<uint64_t> packets_out{0};
  std::atomic<uint64_t> messages{0};
  std::atomic<uint64_t> calls{0};
  std::atomic<uint64_t> refused{0};
};

class Forwarder {
 public:
  // The socket must be bound by now: see local().
  Forwarder(const Options& options, io::UdpSocket socket);

  struct Receiver {
    base::SocketAddress address;
    size_t key_index = 0;  // of load::fixed_key
  };
  void add_room(const std::vector<uint32_t>& sources, const std::vector<Receiver>& receivers);

  const base::SocketAddress& local() const { return socket_.local(); }
  // Receives once, or waits 50 ms in vain, and forwards what came.
  void step();
  // Written by the thread that steps, read by any.
  const Counts& counts() const { return counts_; }

 private:
  // Packets of one burst that are prepared together; packets times receivers of one batch: their
  // slab stays in the second-level cache.
  static constexpr size_t kMaxRun = 16;
  static constexpr size_t kMaxBatch = 128;
  static constexpr size_t kSlot = 1536;

  struct Sink {
    Sink(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& master,
         const base::SocketAddress& to)
        : protection(cipher, master, crypto::SrtpPacketKind::kRtp), address(to) {}
    srtp::SessionProtection protection;
    io::KernelAddress address;
  };
  struct Room {
    std::vector<Sink> sinks;
  };
  struct Source {
    Room* room = nullptr;
    uint32_t ssrc_out = 0;
  };
  struct Packet {
    std::span<const uint8_t> header;
    std::span<const uint8_t> payload;
    uint64_t index = 0;  // 2^16 × ROC + sequence number
  };

  void take(const load::Arrival& arrival);
  void forward_run();
  void forward_to(std::span<const Sink> sinks);
  void prepare(const Sink& sink, const Packet& packet, uint8_t* header, uint8_t* output);
  void send(std::span<const Sink> sinks, size_t segment);

  Options options_;
  io::UdpSocket socket_;
  std::unique_ptr<crypto::SrtpCipher> cipher_;
  srtp::InboundContext inbound_;
  std::vector<std::unique_ptr<Room>> rooms_;
  std::map<uint32_t, Source> sources_;
  load::Receiver receiver_;
  load::Sender sender_;
  const Source* run_source_ = nullptr;
  std::array<Packet, kMaxRun> run_;
  size_t run_size_ = 0;
  std::vector<crypto::ProtectJob> jobs_;
  std::array<std::array<uint8_t, 64>, kMaxBatch> headers_;
  std::vector<uint8_t> slab_;
  Counts counts_;
};

}  // namespace ideal
