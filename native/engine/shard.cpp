#include "engine/shard.h"

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/reclaim.h"
#include "engine/relays.h"
#include "engine/shard_state.h"
#include "engine/stats.h"
#include "engine/taps.h"
#include "engine/transport_step.h"
#include "engine/video_run.h"
#include "wire/demux.h"
#include "wire/plain_token.h"
#include "wire/stun.h"

namespace engine {

namespace {

// Until a transport that is due again at once gets its next turn: one that makes no progress must
// not keep the shard from the others.
constexpr base::Duration kShortestWait = base::Duration::millis(1);

// STUN finds its transport by our half of USERNAME, "<ours>:<theirs>" (RFC 8445 §7.2.2): only there
// is it known who may speak, from whatever address.
void handle_stun(Step& step, std::span<const uint8_t> datagram, const base::FiveTuple& path) {
  transport::Counters& counters = step.shard.transport_counters;
  ++counters.stun_received;
  wire::StunMessage message;
  if (wire::parse_stun(datagram, message) != wire::ParseError::kNone) {
    counters.drop(&transport::Counters::dropped_malformed_stun);
    return;
  }
  const std::string_view ufrag = message.username.substr(0, message.username.find(':'));
  const auto found = step.shard.by_ufrag.find(ufrag);
  if (found == step.shard.by_ufrag.end()) {
    counters.drop(&transport::Counters::dropped_stun_unknown_ufrag);
    return;
  }
  Transport& transport = *found->second;
  transport.core.association().count_received(datagram.size());
  transport.core.association().handle_stun(message, path, step.now, begin_transport_step(step));
  finish_transport_step(step, transport);
}

// Of links there may be many between two addresses. nullptr when nobody knows the path.
Transport* find_by_path(const ShardState& shard, const base::FiveTuple& path,
                        std::span<const uint8_t> datagram) {
  const auto found = shard.by_path.find(path);
  if (found != shard.by_path.end()) return found->second;
  if (shard.by_link.empty() || datagram.size() < transport::kKeyIdSize) return nullptr;
  const uint32_t key_id = base::load_u32(datagram.last(transport::kKeyIdSize).data());
  const auto link = shard.by_link.find({path, key_id});
  return link == shard.by_link.end() ? nullptr : link->second;
}

void handle_by_path(Step& step, base::PacketRef packet, const base::FiveTuple& path) {
  Transport* transport = find_by_path(step.shard, path, packet.bytes());
  if (transport == nullptr) {
    const bool dtls = wire::classify(packet.bytes()) == wire::PacketKind::kDtls;
    step.shard.transport_counters.drop(dtls ? &transport::Counters::dropped_dtls_unvalidated
                                            : &transport::Counters::dropped_unknown_address);
    return;
  }
  if (transport->link) packet.resize(packet.bytes().size() - transport::kKeyIdSize);
  transport->core.handle_datagram(std::move(packet), path, step.now, begin_transport_step(step));
  finish_transport_step(step, *transport);
}

// No other protocol begins like a token: who sends one says where a PlainTransport's peer is.
void handle_unknown(Step& step, std::span<const uint8_t> datagram, const base::FiveTuple& path) {
  transport::Counters& counters = step.shard.transport_counters;
  const auto token = wire::parse_plain_token(datagram);
  if (!token) return counters.drop(&transport::Counters::dropped_unknown_protocol);
  const auto found = step.shard.by_token.find(token->id);
  const auto taken = step.shard.by_path.find(path);
  const bool is_free = taken == step.shard.by_path.end() ||
                       (found != step.shard.by_token.end() && taken->second == found->second);
  if (found == step.shard.by_token.end() || !is_free) {
    return counters.drop(&transport::Counters::dropped_plain_token);
  }
  Transport& transport = *found->second;
  transport.core.association().count_received(datagram.size());
  transport.core.association().handle_token(*token, datagram, path, begin_transport_step(step));
  finish_transport_step(step, transport);
}

void count_kind(transport::Counters& counters, wire::PacketKind kind) {
  counters.dtls_received += kind == wire::PacketKind::kDtls ? 1 : 0;
  counters.rtp_received += kind == wire::PacketKind::kRtp ? 1 : 0;
  counters.rtcp_received += kind == wire::PacketKind::kRtcp ? 1 : 0;
}

void handle_room_timeout(Step& step, Room& room) {
  room.speakers.handle_timeout(step.now);
  const bool speaking = !room.speakers.levels().empty();
  if ((speaking && step.now >= room.announce_at) || (!speaking && room.announced)) {
    if (room.is_home) emit_audio_levels(step.out.events, room);
    room.announced = speaking;
    room.announce_at = step.now + room.speaker_interval;
  }
  step.shard.room_deadlines.set(room.handle.index, room.speakers.next_deadline());
}

}  // namespace

Shard::Shard(const ShardConfig& config, const ShardServices& services)
    : state_(std::make_unique<ShardState>(config, services)) {}

Shard::~Shard() = default;

base::PacketPool& Shard::packets() { return state_->packets; }

void Shard::expect(const base::FiveTuple& path) {
  const auto found = state_->by_path.find(path);
  if (found == state_->by_path.end()) return;
  const Transport& transport = *found->second;
  base::prefetch_bytes(&transport, &transport.core);
  transport.core.prefetch_receiving();
}

void Shard::expect_soon(const base::FiveTuple& path, std::span<const uint8_t> datagram) {
  if (datagram.size() < wire::kRtpFixedHeaderSize ||
      wire::classify(datagram) != wire::PacketKind::kRtp) {
    return;
  }
  const Transport* transport = find_by_path(*state_, path, datagram);
  if (transport != nullptr) transport->core.prefetch_stream(wire::ssrc_of(datagram));
}

void Shard::handle_datagram(const base::FiveTuple& path, base::PacketRef packet, base::Instant now,
                            ShardOutput& out) {
  Step step{*state_, now, out};
  const wire::PacketKind kind = wire::classify(packet.bytes());
  count_kind(state_->transport_counters, kind);
  switch (kind) {
    case wire::PacketKind::kStun:
      return handle_stun(step, packet.bytes(), path);
    case wire::PacketKind::kDtls:
    case wire::PacketKind::kRtp:
    case wire::PacketKind::kRtcp:
      return handle_by_path(step, std::move(packet), path);
    case wire::PacketKind::kUnknown:
      return handle_unknown(step, packet.bytes(), path);
  }
}

void Shard::handle_plaintext(Handle handle, base::PacketRef packet, base::Instant now,
                             ShardOutput& out) {
  Step step{*state_, now, out};
  Transport* transport = state_->transports.find(handle);
  if (transport == nullptr || !transport->core.association().is_plaintext()) {
    state_->transport_counters.drop(&transport::Counters::dropped_unknown_address);
    return;
  }
  count_kind(state_->transport_counters, wire::classify(packet.bytes()));
  transport->core.handle_datagram(std::move(packet), {}, now, begin_transport_step(step));
  finish_transport_step(step, *transport);
}

void Shard::handle_commands(std::span<const uint8_t> batch, base::Instant now, ShardOutput& out) {
  Step step{*state_, now, out};
  ContractReader in(batch);
  BatchHead head;
  if (!decode(in, head)) return;
  finish_runs(step);  // what came before the commands goes by what held before them
  state_->statuses.clear();
  Frame frame;
  for (uint16_t i = 0; i < head.count && decode(in, frame); ++i) {
    state_->statuses.push_back(execute(step, frame.type, frame.fields));
  }
  append_frame(out.events.facts,
               BatchDoneEvent{head.batch, List<CommandStatus>(std::span(state_->statuses))});
}

void Shard::handle_relay(const Relay& relay, base::Instant now, ShardOutput& out) {
  Step step{*state_, now, out};
  std::visit([&step](const auto& it) { engine::handle_relay(step, it); }, relay);
}

void Shard::handle_timeout(base::Instant now, ShardOutput& out) {
  Step step{*state_, now, out};
  // What does not fit into the slab stays due: the driver sends and comes back.
  while (out.slab.has_room_for_control()) {
    const auto index = state_->transport_deadlines.pop_due(now);
    if (!index) break;
    Transport& transport = *state_->transports.at(*index);
    transport.core.handle_timeout(now, begin_transport_step(step));
    finish_transport_step(step, transport);
    if (transport.core.next_deadline() <= now) {
      state_->transport_deadlines.set(*index, now + kShortestWait);
    }
  }
  while (const auto index = state_->room_deadlines.pop_due(now)) {
    handle_room_timeout(step, *state_->rooms.at(*index));
  }
  if (now >= state_->tapped_due) hand_over_tapped(step);
}

base::Instant Shard::next_deadline() const {
  return std::min({state_->transport_deadlines.next(), state_->room_deadlines.next(),
                   state_->tell_again_at, state_->tapped_due});
}

void Shard::show_relays(base::Instant now, ShardOutput& out) {
  Step step{*state_, now, out};
  settle_relays(step);
}

bool Shard::flush(base::Instant now, ShardOutput& out) {
  ShardState& shard = *state_;
  Step step{shard, now, out};
  if (shard.packets.is_short() && now >= shard.reclaim_at) reclaim_packets(step);
  const bool has_forwarded_all = forward_runs(step);
  while (!shard.flush_list.empty() && out.slab.has_room_for_media()) {
    Transport& transport = *shard.flush_list.back();
    transport.core.release(now, outlet_of(step));
    if (!out.slab.has_room_for_media()) break;
    transport.in_flush_list = false;
    shard.flush_list.pop_back();
    // What has to wait leaves at its own time.
    shard.transport_deadlines.set(transport.handle.index, transport.core.next_deadline());
  }
  shard.batch.protect();
  settle_relays(step);
  return !has_forwarded_all || !shard.flush_list.empty();
}

ShardStats& Shard::counters() { return state_->counters; }

void Shard::append_stats(base::Instant now, StatsTables& tables) const {
  append_shard_stats(*state_, now, tables);
}

}  // namespace engine
