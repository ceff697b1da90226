#include "sim/virtual_engine.h"

#include <algorithm>
#include <utility>

#include "engine/stats_document.h"

namespace sim {

namespace {

bool is_sim_command(uint16_t type) {
  return type == static_cast<uint16_t>(engine::CommandType::kSimAdvance) ||
         type == static_cast<uint16_t>(engine::CommandType::kSimPacketIn);
}

bool has_events(const std::vector<std::unique_ptr<VirtualShard>>& shards) {
  return std::any_of(shards.begin(), shards.end(), [](const auto& s) { return s->has_events(); });
}

}  // namespace

std::unique_ptr<VirtualEngine> VirtualEngine::start(const engine::DriverConfig& config,
                                                    const engine::WakeListener& wake) {
  std::shared_ptr<const crypto::Certificate> certificate = crypto::Certificate::generate();
  if (certificate == nullptr) return nullptr;
  return std::unique_ptr<VirtualEngine>(new VirtualEngine(config, wake, std::move(certificate)));
}

VirtualEngine::VirtualEngine(const engine::DriverConfig& config, engine::WakeListener wake,
                             std::shared_ptr<const crypto::Certificate> certificate)
    : wake_(std::move(wake)), certificate_(std::move(certificate)), mesh_(config.shards) {
  for (size_t shard = 0; shard < config.shards; ++shard) {
    const auto number = static_cast<uint16_t>(shard);
    for (const engine::ListenAddress& listen : config.listen) {
      base::SocketAddress address = listen.address;
      const uint16_t port = address.port == 0 ? kAnyPort : address.port;
      const bool is_udp = address.protocol == base::Protocol::kUdp;
      address.port = is_udp ? static_cast<uint16_t>(port + number) : port;
      addresses_.push_back({number, address});
    }
    shards_.push_back(
        std::make_unique<VirtualShard>(number, config.seed, certificate_, mesh_.ports(number)));
  }
}

// Commands of the shard and of the simulation may be mixed: each run of the former goes to the
// shard as a batch, the latter are run in between, and all statuses make up one answer.
void VirtualEngine::submit(size_t index, std::span<const uint8_t> batch) {
  VirtualShard& shard = *shards_[index];
  const bool was_idle = !has_events(shards_);
  engine::ContractReader in(batch);
  engine::BatchHead head;
  if (!engine::decode(in, head)) return;
  statuses_.clear();

  uint16_t run = 0;
  std::span<const uint8_t> run_start = in.rest();
  const auto end_run = [&](std::span<const uint8_t> rest) {
    const auto frames = run_start.first(run_start.size() - rest.size());
    if (run > 0) shard.handle_commands(run, frames, now_, statuses_);
    run = 0;
    deliver_relays();
  };
  engine::Frame frame;
  for (auto before = in.rest(); engine::decode(in, frame); before = in.rest()) {
    if (is_sim_command(frame.type)) {
      end_run(before);
      statuses_.push_back(run_sim_command(shard, frame));
      run_start = in.rest();
    } else {
      ++run;
    }
  }
  end_run(in.rest());
  shard.append_event({head.batch, engine::List<engine::CommandStatus>(statuses_)});
  if (was_idle) wake_();
}

engine::CommandStatus VirtualEngine::run_sim_command(VirtualShard& shard,
                                                     const engine::Frame& frame) {
  if (frame.type == static_cast<uint16_t>(engine::CommandType::kSimAdvance)) {
    engine::SimAdvanceCommand command;
    if (!engine::decode_fields(frame.fields, command)) {
      return engine::CommandStatus::kInvalidArgument;
    }
    return advance({command.now_us});
  }
  engine::SimPacketInCommand command;
  if (!engine::decode_fields(frame.fields, command)) {
    return engine::CommandStatus::kInvalidArgument;
  }
  const engine::CommandStatus status = shard.handle_packet(command, now_);
  deliver_relays();
  return status;
}

engine::CommandStatus VirtualEngine::advance(base::Instant to) {
  if (to < now_) return engine::CommandStatus::kInvalidArgument;
  const auto is_earlier = [](const auto& a, const auto& b) {
    return a->next_deadline() < b->next_deadline();
  };
  while (true) {
    VirtualShard& next = **std::min_element(shards_.begin(), shards_.end(), is_earlier);
    if (next.next_deadline() > to) break;
    now_ = std::max(now_, next.next_deadline());
    next.handle_timeout(now_);
    deliver_relays();
  }
  now_ = to;
  return engine::CommandStatus::kOk;
}

void VirtualEngine::deliver_relays() {
  for (bool is_any = true; is_any;) {
    is_any = false;
    for (const auto& shard : shards_) is_any |= shard->take_relays(now_);
  }
}

void VirtualEngine::take_events(std::vector<uint8_t>& out) {
  for (const auto& shard : shards_) shard->take_events(out);
}

size_t VirtualEngine::read_stats(std::span<double> out) {
  std::vector<engine::StatsTables> tables(shards_.size());
  for (size_t i = 0; i < shards_.size(); ++i) shards_[i]->append_stats(now_, tables[i]);
  return engine::write_stats_document(tables, out);
}

}  // namespace sim
