// One shard on a virtual clock, driven by the calling thread: datagrams come by sim_packet_in
// commands and leave as sim_packet_out events, so that a run can be repeated exactly.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/time.h"
#include "crypto/srtp_cipher.h"
#include "engine/event_queue.h"
#include "engine/shard.h"
#include "sim/seeded_random.h"

namespace sim {

class VirtualShard {
 public:
  VirtualShard(uint16_t shard, uint64_t seed,
               std::shared_ptr<const crypto::Certificate> certificate, engine::RelayPorts relays);

  // Ordinary commands, as one batch of `count` frames; their statuses are appended to `statuses`.
  void handle_commands(uint16_t count, std::span<const uint8_t> frames, base::Instant now,
                       std::vector<engine::CommandStatus>& statuses);
  engine::CommandStatus handle_packet(const engine::SimPacketInCommand& command, base::Instant now);
  void handle_timeout(base::Instant now);
  // False when no other shard has sent anything.
  bool take_relays(base::Instant now);
  base::Instant next_deadline() const { return shard_.next_deadline(); }

  void append_event(const engine::BatchDoneEvent& event);
  void take_events(std::vector<uint8_t>& out) { events_.take(out); }
  bool has_events() const { return !events_.empty(); }
  void append_stats(base::Instant now, engine::StatsTables& tables) const {
    shard_.append_stats(now, tables);
  }

 private:
  void settle(base::Instant now);
  void collect_transmits(base::Instant now);
  void collect_statuses(std::vector<engine::CommandStatus>& statuses);

  SeededRandom random_;
  std::unique_ptr<crypto::SrtpCipher> cipher_;
  engine::Shard shard_;
  engine::ShardOutput out_;
  engine::EventQueue events_;
  std::vector<uint8_t> scratch_;
};

}  // namespace sim
