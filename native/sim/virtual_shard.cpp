#include "sim/virtual_shard.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace sim {

namespace {

engine::ShardConfig config_of(uint16_t shard) {
  engine::ShardConfig config;
  config.shard = shard;
  config.allow_plaintext = true;
  return config;
}

engine::Handle unpack(uint64_t handle) {
  return {static_cast<uint32_t>(handle), static_cast<uint16_t>(handle >> 32),
          static_cast<uint16_t>(handle >> 48)};
}

}  // namespace

VirtualShard::VirtualShard(uint16_t shard, uint64_t seed,
                           std::shared_ptr<const crypto::Certificate> certificate,
                           engine::RelayPorts relays)
    : random_(seed + shard),
      cipher_(crypto::make_srtp_cipher()),
      shard_(config_of(shard), {random_, std::move(certificate), *cipher_}) {
  out_.relays = std::move(relays);
}

void VirtualShard::handle_commands(uint16_t count, std::span<const uint8_t> frames,
                                   base::Instant now,
                                   std::vector<engine::CommandStatus>& statuses) {
  scratch_.clear();
  engine::ContractWriter writer(scratch_);
  engine::encode(writer, engine::BatchHead{0, count});
  writer.put(frames.data(), frames.size());
  shard_.handle_commands(scratch_, now, out_);
  collect_statuses(statuses);
  settle(now);
}

// The shard answers each batch; here a batch may be a part of the one that was submitted, whose
// answer is put together by the engine.
void VirtualShard::collect_statuses(std::vector<engine::CommandStatus>& statuses) {
  std::vector<uint8_t> others;
  engine::ContractReader in(out_.events.facts);
  engine::Frame frame;
  for (auto start = in.rest(); engine::decode(in, frame); start = in.rest()) {
    engine::BatchDoneEvent done;
    if (frame.type == static_cast<uint16_t>(engine::EventType::kBatchDone) &&
        engine::decode_fields(frame.fields, done)) {
      for (const engine::CommandStatus status : done.statuses) statuses.push_back(status);
    } else {
      others.insert(others.end(), start.begin(), start.end() - in.rest().size());
    }
  }
  out_.events.facts.swap(others);
}

engine::CommandStatus VirtualShard::handle_packet(const engine::SimPacketInCommand& command,
                                                  base::Instant now) {
  if (command.packet.size() > base::kPacketCapacity) return engine::CommandStatus::kInvalidArgument;
  const auto local = base::SocketAddress::parse(command.local_ip, command.local_port);
  const auto remote = base::SocketAddress::parse(command.remote_ip, command.remote_port);
  const bool is_plaintext = !command.transport.is_none();
  if (!is_plaintext && (!local || !remote)) return engine::CommandStatus::kInvalidArgument;

  base::PacketRef packet = shard_.packets().acquire();
  if (!packet) return engine::CommandStatus::kLimitReached;
  std::copy(command.packet.begin(), command.packet.end(), packet.get()->bytes);
  packet.resize(command.packet.size());
  ++shard_.counters().packets_received;
  shard_.counters().bytes_received += static_cast<double>(command.packet.size());
  if (is_plaintext) {
    shard_.handle_plaintext(command.transport, std::move(packet), now, out_);
  } else {
    shard_.handle_datagram({*local, *remote}, std::move(packet), now, out_);
  }
  settle(now);
  return engine::CommandStatus::kOk;
}

void VirtualShard::handle_timeout(base::Instant now) {
  ++shard_.counters().wakeups;
  shard_.handle_timeout(now, out_);
  settle(now);
}

bool VirtualShard::take_relays(base::Instant now) {
  bool is_any = false;
  for (engine::RelayLink* link : out_.relays.from) {
    for (size_t count = link == nullptr ? 0 : link->available(); count > 0; --count) {
      shard_.handle_relay(link->front(), now, out_);
      link->pop();
      is_any = true;
      if (count % engine::kRelaysPerFlush == 1) settle(now);
    }
  }
  return is_any;
}

void VirtualShard::settle(base::Instant now) {
  bool is_more_waiting = true;
  while (is_more_waiting) {
    is_more_waiting = shard_.flush(now, out_);
    collect_transmits(now);
    out_.slab.reset();
  }
  events_.append(out_.events);
  shard_.counters().dropped_events = static_cast<double>(events_.dropped());
}

void VirtualShard::collect_transmits(base::Instant now) {
  for (const transport::Transmit& transmit : out_.slab.transmits()) {
    const std::string local = transmit.path.local.ip_string();
    const std::string remote = transmit.path.remote.ip_string();
    engine::SimPacketOutEvent event;
    event.local_ip = local;
    event.local_port = transmit.path.local.port;
    event.remote_ip = remote;
    event.remote_port = transmit.path.remote.port;
    event.transport = unpack(transmit.transport);
    event.at_us = now.us;
    event.packet = transmit.bytes;
    engine::append_frame(out_.events.facts, event);
    ++shard_.counters().packets_sent;
    shard_.counters().bytes_sent += static_cast<double>(transmit.bytes.size());
  }
}

void VirtualShard::append_event(const engine::BatchDoneEvent& event) {
  engine::append_frame(out_.events.facts, event);
  events_.append(out_.events);
}

}  // namespace sim
