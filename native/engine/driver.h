// What drives shards, as the binding sees it: io's on a real clock with sockets and threads, sim's
// on a virtual one. One driver is one engine of JavaScript (design §7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "crypto/dtls_handshake.h"

namespace engine {

// Bound by the packed handle: a shard number must fit an exact double (see contract_bytes.h).
inline constexpr size_t kMaxShards = 32;

struct ListenAddress {
  base::SocketAddress address;
  // Datagrams from another host are dropped unread. For programs on this host that refuse to use
  // loopback addresses (Firefox), where only they are to be served.
  bool same_host = false;
};

// What of the machine the hot path uses; for measuring what each is worth, and for machines where
// one of them misbehaves. What is not there is not used either way.
struct Tuning {
  bool gso = true;           // runs to one destination as one message (UDP_SEGMENT)
  bool gro = true;           // the same when receiving (UDP_GRO)
  bool batch_cipher = true;  // ipsec-mb; else OpenSSL, packet by packet
};

struct DriverConfig {
  size_t shards = 1;  // 1 to kMaxShards
  // At least one of UDP: shard n listens on port + n of each; port 0 = any. One of TCP is for all
  // shards.
  std::vector<ListenAddress> listen;
  uint64_t seed = 0;  // virtual clock only
  Tuning tuning;      // real clock only
};

// A TCP address is bound once and stands here once for each shard.
struct BoundAddress {
  uint16_t shard = 0;
  base::SocketAddress address;
};

// Called by any thread when events wait where none waited before; must not block or call back.
using WakeListener = std::function<void()>;

// All calls on one thread, the one that made the driver. Destroying closes.
class Driver {
 public:
  Driver() = default;
  virtual ~Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  virtual const std::vector<BoundAddress>& addresses() const = 0;
  // SHA-256 of the DTLS certificate that all shards present.
  virtual const crypto::Fingerprint& fingerprint() const = 0;

  // Hands over one encoded batch, `shard` being below the configured number. Copies.
  virtual void submit(size_t shard, std::span<const uint8_t> batch) = 0;
  // Appends every event that waits, encoded.
  virtual void take_events(std::vector<uint8_t>& out) = 0;
  // Writes as much of the statistics as fits and returns how many doubles they are.
  virtual size_t read_stats(std::span<double> out) = 0;
  // Handles what was submitted, then stops. Idempotent; nothing wakes the listener afterwards.
  virtual void close() = 0;
};

// Whether the bytes are `[u32 batch][u16 count]` and then exactly `count` frames. The fields of
// each frame are the shard's to judge.
bool is_batch(std::span<const uint8_t> bytes);

}  // namespace engine
