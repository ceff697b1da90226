// Everything inside a shard, and the step in which something happens to it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/packet.h"
#include "base/time.h"
#include "engine/contract.gen.h"
#include "engine/deadline_queue.h"
#include "engine/handle_table.h"
#include "engine/link_key.h"
#include "engine/objects.h"
#include "engine/shard.h"
#include "transport/counters.h"
#include "transport/output.h"
#include "transport/send_batch.h"

namespace engine {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct ShardState {
  ShardState(const ShardConfig& shard_config, const ShardServices& shard_services)
      : config(shard_config),
        services(shard_services),
        packets(shard_config.shard, shard_config.pool_blocks),
        batch(shard_services.cipher) {
    counters.shard = shard_config.shard;
  }

  ShardConfig config;
  ShardServices services;
  // Before the tables: what they hold refers to its blocks.
  base::PacketPool packets;

  HandleTable<Room> rooms;
  HandleTable<Transport> transports;
  HandleTable<Publication> publications;
  HandleTable<Outbound> outbounds;
  HandleTable<Subscription> subscriptions;

  std::unordered_map<base::FiveTuple, Transport*, base::FiveTupleHash> by_path;
  std::unordered_map<LinkKey, Transport*, LinkKeyHash> by_link;
  std::unordered_map<std::string, Transport*, TextHash, std::equal_to<>> by_ufrag;
  std::unordered_map<uint64_t, Transport*> by_token;
  DeadlineQueue transport_deadlines;
  DeadlineQueue room_deadlines;
  std::vector<Transport*> flush_list;  // their pacers hold packets
  std::vector<Publication*> run_list;  // their runs hold packets
  // Publications of which another shard is to be told what found no room.
  std::vector<Handle> untold;
  std::vector<Handle> telling;  // reused
  base::Instant tell_again_at = base::Instant::never();
  base::Instant reclaim_at;  // not before this
  // Encoded, of all taps; goes to JavaScript at `tapped_due`.
  std::vector<uint8_t> tapped;
  base::Instant tapped_due = base::Instant::never();
  std::vector<uint8_t> tapped_payload;  // reused

  ShardStats counters;  // of the driver, and of what no transport counts
  transport::Counters transport_counters;
  transport::Output transport_output;  // reused by every step
  transport::SendBatch batch;
  wire::OutPacket out_packet;           // reused by every packet on its way out
  std::vector<CommandStatus> statuses;  // reused by every batch of commands
};

// One call of the driver: where we are, when it is, and where results go.
struct Step {
  ShardState& shard;
  base::Instant now;
  ShardOutput& out;
};

}  // namespace engine
