#include "testing/shard_world.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace testing_support {

namespace {

// Chrome's interval; RFC 7675 §5.1 asks for about 5 s.
constexpr base::Duration kConsentInterval = base::Duration::millis(2500);
constexpr base::Duration kCheckInterval = base::Duration::millis(50);
constexpr uint16_t kServerPort = 40000;

base::SocketAddress address(const char* ip, uint16_t port) {
  return *base::SocketAddress::parse(ip, port);
}

PeerCredentials server_credentials(uint32_t index) {
  return {"serverufrag" + std::to_string(index), "serverpasswordserverpassword"};
}

PeerCredentials peer_credentials(uint32_t index) {
  return {"peerufrag" + std::to_string(index), "peerpasswordpeerpasswordpeer"};
}

template <typename T>
std::vector<T> to_vector(const engine::List<T>& list) {
  std::vector<T> items;
  for (const T& item : list) items.push_back(item);
  return items;
}

}  // namespace

SeenFeedback::SeenFeedback(const engine::CongestionFeedbackEvent& event)
    : transport(event.transport),
      feedback_us(event.feedback_us),
      data_in_flight(event.data_in_flight),
      last_sent_us(event.last_sent_us),
      sequences(to_vector(event.sequences)),
      sent_us(to_vector(event.sent_us)),
      received_us(to_vector(event.received_us)),
      sizes(to_vector(event.sizes)),
      clusters(to_vector(event.clusters)),
      flags(to_vector(event.flags)),
      cluster_facts(to_vector(event.cluster_facts)),
      sent_bin_us(to_vector(event.sent_bin_us)),
      sent_bin_bytes(to_vector(event.sent_bin_bytes)) {}

engine::Handle handle(uint32_t index, size_t shard) {
  return {index, 1, static_cast<uint16_t>(shard)};
}

ShardWorld::OneShard::OneShard(uint16_t number, SeededRandom& random, crypto::SrtpCipher& cipher,
                               std::shared_ptr<const crypto::Certificate> certificate)
    : core({.shard = number, .unix_offset_us = 1'700'000'000'000'000, .allow_plaintext = true},
           {random, std::move(certificate), cipher}) {}

TappedPacket::TappedPacket(const engine::TappedPacketEvent& event)
    : subscription(event.subscription),
      sequence(static_cast<int64_t>(event.sequence)),
      timestamp(static_cast<int64_t>(event.timestamp)),
      arrived_us(static_cast<int64_t>(event.arrived_us)),
      marker(event.marker),
      codec(event.codec),
      payload(event.payload.begin(), event.payload.end()) {
  if (!std::isnan(event.captured_us)) captured_us = static_cast<int64_t>(event.captured_us);
}

ShardWorld::ShardWorld(uint64_t seed, size_t shards)
    : random_(seed),
      cipher_(crypto::make_srtp_cipher()),
      certificate_(crypto::Certificate::generate()),
      mesh_(shards) {
  for (size_t i = 0; i < shards; ++i) {
    const auto number = static_cast<uint16_t>(i);
    shards_.push_back(std::make_unique<OneShard>(number, random_, *cipher_, certificate_));
    shards_.back()->out.relays = mesh_.ports(i);
  }
}

engine::ShardStats ShardWorld::stats(size_t shard) {
  engine::StatsTables tables;
  shards_[shard]->core.append_stats(now_, tables);
  engine::ShardStats row;
  std::memcpy(static_cast<void*>(&row), tables.shards.data(), sizeof row);
  return row;
}

VirtualPeer& ShardWorld::add_peer(uint32_t index, engine::Handle room, Loss loss) {
  const PeerCredentials server = server_credentials(index);
  const PeerCredentials own = peer_credentials(index);
  const base::FiveTuple path{address("127.0.0.1", kServerPort),
                             address("127.0.0.1", static_cast<uint16_t>(50000 + index))};
  members_.push_back({.index = index,
                      .shard = room.shard,
                      .peer = std::make_unique<VirtualPeer>(*cipher_, path, own, server),
                      .loss = loss,
                      .checking = true,
                      .next_check = now_,
                      .to_shard = {},
                      .to_peer = {}});
  VirtualPeer& peer = *members_.back().peer;
  submit(engine::TransportCreateCommand{.transport = handle(index, room.shard),
                                        .room = room,
                                        .local_ufrag = server.ufrag,
                                        .local_pwd = server.pwd,
                                        .remote_ufrag = own.ufrag,
                                        .remote_pwd = own.pwd,
                                        .fingerprint = peer.fingerprint(),
                                        .plaintext = false},
         room.shard);
  return peer;
}

VirtualPeer& ShardWorld::peer(uint32_t index) { return *member(index).peer; }

void ShardWorld::set_loss(uint32_t index, Loss loss) { member(index).loss = loss; }

void ShardWorld::silence(uint32_t index) { member(index).checking = false; }

ShardWorld::Member& ShardWorld::member(uint32_t index) {
  return *std::find_if(members_.begin(), members_.end(),
                       [index](const Member& it) { return it.index == index; });
}

void ShardWorld::deliver(const base::FiveTuple& path, std::span<const uint8_t> datagram,
                         size_t shard) {
  OneShard& at = *shards_[shard];
  base::PacketRef packet = at.core.packets().acquire();
  if (!packet) {
    ++at.core.counters().dropped_pool_exhausted;
    return;
  }
  std::copy(datagram.begin(), datagram.end(), packet.get()->bytes);
  packet.resize(datagram.size());
  account([&] { at.core.handle_datagram(path, std::move(packet), now_, at.out); });
}

void ShardWorld::deliver_plaintext(engine::Handle transport, std::span<const uint8_t> packet) {
  OneShard& at = *shards_[transport.shard];
  base::PacketRef block = at.core.packets().acquire();
  std::copy(packet.begin(), packet.end(), block.get()->bytes);
  block.resize(packet.size());
  account([&] { at.core.handle_plaintext(transport, std::move(block), now_, at.out); });
}

engine::CommandStatus ShardWorld::submit_batch(std::span<const uint8_t> batch, size_t shard) {
  account([&] { shards_[shard]->core.handle_commands(batch, now_, shards_[shard]->out); });
  take_events();
  return last_status_;
}

void ShardWorld::run_for(base::Duration span, const std::function<void()>& each_step) {
  const base::Instant end = now_ + span;
  while (now_ < end) {
    tick(each_step);
    const base::Instant next = now_ + step_;
    run_deadlines_until(next);
    now_ = next;
  }
}

bool ShardWorld::connect_all() {
  for (int i = 0; i < 5000; ++i) {
    const bool done = std::all_of(members_.begin(), members_.end(),
                                  [](const Member& member) { return member.peer->is_connected(); });
    if (done) return true;
    run_for(base::Duration::millis(1));
    if (i % 100 == 99) {
      for (Member& member : members_) member.peer->retransmit_handshake();
    }
  }
  return false;
}

void ShardWorld::tick(const std::function<void()>& each_step) {
  if (each_step) each_step();
  for (Member& member : members_) {
    if (!member.checking || member.next_check > now_) continue;
    member.peer->check();
    member.next_check = now_ + (member.peer->is_connected() ? kConsentInterval : kCheckInterval);
  }
  for (const auto& shard : shards_) {
    if (!shard->is_stalled && shard->core.next_deadline() <= now_) handle_timeout(*shard);
  }
  bool busy = true;
  while (busy) {
    busy = flush();
    busy |= deliver_relays();
    busy |= deliver_to_peers();
    busy |= deliver_outboxes();
  }
  take_events();
}

ShardWorld::OneShard& ShardWorld::next_due() {
  return **std::ranges::min_element(shards_, {}, [](const auto& shard) {
    return shard->is_stalled ? base::Instant::never() : shard->core.next_deadline();
  });
}

void ShardWorld::run_deadlines_until(base::Instant end) {
  while (true) {
    OneShard& next = next_due();
    if (next.is_stalled || next.core.next_deadline() >= end) break;
    now_ = std::max(now_, next.core.next_deadline());
    handle_timeout(next);
    flush();
    while (deliver_relays()) flush();
  }
  take_events();
}

void ShardWorld::handle_timeout(OneShard& shard) {
  account([&] { shard.core.handle_timeout(now_, shard.out); });
}

bool ShardWorld::deliver_relays() {
  bool delivered = false;
  for (const auto& shard : shards_) {
    if (shard->is_stalled) continue;
    for (engine::RelayLink* link : shard->out.relays.from) {
      for (size_t count = link == nullptr ? 0 : link->available(); count > 0; --count) {
        account([&] { shard->core.handle_relay(link->front(), now_, shard->out); });
        link->pop();
        delivered = true;
        if (count % engine::kRelaysPerFlush == 1) flush(*shard);
      }
    }
  }
  return delivered;
}

bool ShardWorld::enter(Direction& direction, uint64_t loss, uint64_t burst) {
  if (direction.still_to_lose > 0) {
    --direction.still_to_lose;
    return false;
  }
  // One in `burst` starts, and takes the others along.
  if (!random_.chance(loss) || (burst > 1 && random_.below(burst) != 0)) return true;
  direction.still_to_lose = burst - 1;
  return false;
}

bool ShardWorld::deliver_outboxes() {
  bool delivered = false;
  for (Member& member : members_) {
    for (Bytes& datagram : std::exchange(member.peer->outbox, {})) {
      if (!enter(member.to_shard, member.loss.to_shard, member.loss.burst_to_shard)) continue;
      member.to_shard.on_the_way.emplace(now_ + member.loss.delay, std::move(datagram));
    }
    auto& arriving = member.to_shard.on_the_way;
    if (shards_[member.shard]->is_stalled) continue;
    for (; !arriving.empty() && arriving.begin()->first <= now_; arriving.erase(arriving.begin())) {
      delivered = true;
      deliver(member.peer->path(), arriving.begin()->second, member.shard);
    }
  }
  return delivered;
}

bool ShardWorld::deliver_to_peers() {
  bool delivered = false;
  for (Member& member : members_) {
    auto& arriving = member.to_peer.on_the_way;
    for (; !arriving.empty() && arriving.begin()->first <= now_; arriving.erase(arriving.begin())) {
      delivered = true;
      member.peer->handle_datagram(arriving.begin()->second);
    }
  }
  return delivered;
}

bool ShardWorld::flush() {
  bool sent = false;
  for (const auto& shard : shards_) {
    if (!shard->is_stalled) sent |= flush(*shard);
  }
  return sent;
}

bool ShardWorld::flush(OneShard& shard) {
  bool more = true;
  bool sent = false;
  while (more) {
    account([&] { more = shard.core.flush(now_, shard.out); });
    for (const transport::Transmit& transmit : shard.out.slab.transmits()) route(transmit);
    sent |= !shard.out.slab.transmits().empty();
    shard.out.slab.reset();
  }
  return sent;
}

void ShardWorld::route(const transport::Transmit& transmit) {
  for (Member& member : members_) {
    if (member.peer->path() != transmit.path) continue;
    if (!enter(member.to_peer, member.loss.to_peer, member.loss.burst_to_peer)) return;
    if (member.loss.delay == base::Duration{}) {
      member.peer->handle_datagram(transmit.bytes);
    } else {
      member.to_peer.on_the_way.emplace(now_ + member.loss.delay,
                                        Bytes(transmit.bytes.begin(), transmit.bytes.end()));
    }
    return;
  }
  plaintext_paths.push_back(transmit.path);
  plaintext_out.emplace_back(transmit.transport,
                             Bytes(transmit.bytes.begin(), transmit.bytes.end()));
}

void ShardWorld::take_events() {
  for (const auto& shard : shards_) take_events(shard->out.events);
}

void ShardWorld::take_events(engine::EventBuffer& events) {
  engine::ContractReader facts(events.facts);
  engine::Frame frame;
  while (decode(facts, frame)) take_fact(frame);
  engine::ContractReader readings(events.readings);
  while (decode(readings, frame)) take_reading(frame);
  engine::ContractReader messages(events.feedback);
  while (decode(messages, frame)) {
    engine::CongestionFeedbackEvent event;
    if (decode_fields(frame.fields, event)) feedback.emplace_back(event);
  }
  engine::ContractReader packets(events.packets);
  if (!events.packets.empty()) ++tapped_batches;
  while (decode(packets, frame)) {
    engine::TappedPacketEvent event;
    if (decode_fields(frame.fields, event)) tapped.emplace_back(event);
  }
  events.clear();
}

void ShardWorld::take_reading(const engine::Frame& frame) {
  engine::AudioLevelsEvent levels;
  engine::RemoteEstimateEvent estimate;
  engine::ReceptionEvent reception;
  engine::LayerRatesEvent layers;
  switch (static_cast<engine::EventType>(frame.type)) {
    case engine::EventType::kAudioLevels:
      if (!decode_fields(frame.fields, levels)) return;
      ++audio_level_events;
      dominant = levels.dominant;
      return;
    case engine::EventType::kRemoteEstimate:
      if (decode_fields(frame.fields, estimate)) remote_estimates.push_back(estimate);
      return;
    case engine::EventType::kLayerRates:
      if (!decode_fields(frame.fields, layers)) return;
      layer_rates.push_back({layers.publication, to_vector(layers.layers)});
      return;
    case engine::EventType::kReception:
      if (decode_fields(frame.fields, reception)) receptions.push_back(reception);
      return;
    default:
      return;
  }
}

void ShardWorld::take_fact(const engine::Frame& frame) {
  const auto take = [&frame](auto& list) {
    typename std::remove_reference_t<decltype(list)>::value_type event;
    if (decode_fields(frame.fields, event)) list.push_back(event);
  };
  switch (static_cast<engine::EventType>(frame.type)) {
    case engine::EventType::kBatchDone: {
      engine::BatchDoneEvent done;
      if (!decode_fields(frame.fields, done)) return;
      for (const engine::CommandStatus status : done.statuses) last_status_ = status;
      return;
    }
    case engine::EventType::kTransportState:
      take(transport_states);
      transport_states.back().remote = {};
      return;
    case engine::EventType::kStreamStarted:
      return take(streams_started);
    case engine::EventType::kStreamEnded:
      return take(streams_ended);
    case engine::EventType::kSubscriptionState:
      return take(subscription_states);
    default:
      return;
  }
}

}  // namespace testing_support
