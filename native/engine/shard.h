// One shard: every room, transport, publication, outbound and subscription that one media thread
// serves, and the way of each packet through them. Sans-IO: the driver (io on a real clock, sim on
// a virtual one) hands in datagrams, commands and time, and sends what comes out.
//
// The driver's loop:
//   receive up to a batch of datagrams   → handle_datagram for each
//   a batch of commands                  → handle_commands
//   relays of other shards wait          → handle_relay for each
//   next_deadline() has passed           → handle_timeout
//   then                                 → do { more = flush(now, out); send out.slab; reset; }
//                                          while (more); wake the shards in out.relays.woken
// and delivers out.events whenever it likes. All calls on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "engine/contract.gen.h"
#include "engine/event_buffer.h"
#include "engine/relay_link.h"
#include "transport/send_slab.h"

namespace crypto {
class Certificate;
class SrtpCipher;
}  // namespace crypto

namespace engine {

struct ShardConfig {
  uint16_t shard = 0;
  // Wall clock minus the driver's monotonic clock, microseconds since 1970: sender reports carry
  // NTP time (RFC 3550 §4). Anything constant serves a virtual clock.
  int64_t unix_offset_us = 0;
  // Bound of the packet pool in blocks of about 2.1 kB (see base/packet.h): a second, which is what
  // history holds, of as many packets as a core receives and forwards to two others each.
  size_t pool_blocks = 131'072;
  // Plaintext transports exist with the virtual clock alone.
  bool allow_plaintext = false;
};

// What the shard borrows from its process; all outlive it.
struct ShardServices {
  base::Random& random;
  std::shared_ptr<const crypto::Certificate> certificate;
  crypto::SrtpCipher& cipher;
};

struct ShardOutput {
  transport::SendSlab slab;
  EventBuffer events;
  RelayPorts relays;  // of the driver; empty where there is one shard
};

// The rows of one shard in the layout of contract.json; the driver concatenates shards.
struct StatsTables {
  std::vector<double> shards;
  std::vector<double> transports;
  std::vector<double> inbound;
  std::vector<double> outbound;
};

struct ShardState;

class Shard {
 public:
  Shard(const ShardConfig& config, const ShardServices& services);
  ~Shard();

  // Blocks to receive into. An empty one means the bound is reached: read into scratch and drop.
  base::PacketPool& packets();

  // A datagram from there is handled after two others: what it needs is fetched meanwhile.
  void expect(const base::FiveTuple& path);
  // The datagram is handled after the next one.
  void expect_soon(const base::FiveTuple& path, std::span<const uint8_t> datagram);
  // One datagram that arrived at `path.local` from `path.remote`; takes the reference, decrypts in
  // place. Never fails: what is not wanted is counted by its reason and dropped.
  void handle_datagram(const base::FiveTuple& path, base::PacketRef packet, base::Instant now,
                       ShardOutput& out);
  // The same for a plaintext transport (virtual clock), which has no address of its own.
  void handle_plaintext(Handle transport, base::PacketRef packet, base::Instant now,
                        ShardOutput& out);
  // One batch as encoded by contract.gen.ts. Gives one batch_done event with a status per command;
  // a batch that cannot be decoded gives the statuses of what came before the damage.
  void handle_commands(std::span<const uint8_t> batch, base::Instant now, ShardOutput& out);
  // What another shard has sent; a packet that it lent is borrowed.
  void handle_relay(const Relay& relay, base::Instant now, ShardOutput& out);
  void handle_timeout(base::Instant now, ShardOutput& out);
  base::Instant next_deadline() const;
  // Shows other shards what is relayed to them, and names them in `out.relays.woken`: before flush,
  // which does it again at its end, so that they work at the same time as this one.
  void show_relays(base::Instant now, ShardOutput& out);
  // Releases what the pacers hold, numbers it, protects it as one batch and appends it to the slab;
  // shows other shards what is relayed to them, and names them in `out.relays.woken`. True when the
  // slab is full and more waits: send, reset the slab, and call again.
  bool flush(base::Instant now, ShardOutput& out);

  // Counters of the driver (wake-ups, system calls, kernel drops) live in the same row.
  ShardStats& counters();
  void append_stats(base::Instant now, StatsTables& tables) const;

 private:
  std::unique_ptr<ShardState> state_;
};

}  // namespace engine
