// One shard or several, their peers and the network between them, on virtual time: what io does
// with sockets and a clock, done with vectors and a number. The same seed gives the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/dtls_handshake.h"
#include "crypto/srtp_cipher.h"
#include "engine/shard.h"
#include "testing/allocations.h"
#include "testing/seeded_random.h"
#include "testing/virtual_peer.h"

namespace testing_support {

// The network between the shard and one peer: percent of datagrams lost in each direction, how many
// are lost in a row when one is, and the time each datagram takes.
struct Loss {
  uint64_t to_shard = 0;
  uint64_t to_peer = 0;
  uint64_t burst_to_shard = 1;
  uint64_t burst_to_peer = 1;
  base::Duration delay;
};

// A congestion_feedback event, as JavaScript would get it.
struct SeenFeedback {
  explicit SeenFeedback(const engine::CongestionFeedbackEvent& event);

  engine::Handle transport;
  double feedback_us;
  uint32_t data_in_flight;
  double last_sent_us;
  std::vector<double> sequences;
  std::vector<double> sent_us;
  std::vector<double> received_us;
  std::vector<uint32_t> sizes;
  std::vector<int32_t> clusters;
  std::vector<uint8_t> flags;
  std::vector<engine::ProbeCluster> cluster_facts;
  std::vector<double> sent_bin_us;
  std::vector<uint32_t> sent_bin_bytes;
};

// A tapped_packet event, as JavaScript would get it.
struct TappedPacket {
  explicit TappedPacket(const engine::TappedPacketEvent& event);

  engine::Handle subscription;
  int64_t sequence;
  int64_t timestamp;
  int64_t arrived_us;
  std::optional<int64_t> captured_us;
  bool marker;
  engine::CodecKind codec;
  Bytes payload;
};

class ShardWorld {
 public:
  explicit ShardWorld(uint64_t seed = 1, size_t shards = 1);

  engine::Shard& shard(size_t number = 0) { return shards_[number]->core; }
  // Its ends of the links to the other shards.
  engine::RelayPorts& relays(size_t number) { return shards_[number]->out.relays; }
  SeededRandom& random() { return random_; }
  crypto::SrtpCipher& cipher() { return *cipher_; }
  const crypto::Fingerprint& fingerprint() const { return certificate_->fingerprint(); }
  base::Instant now() const { return now_; }
  // The shard's row of statistics.
  engine::ShardStats stats(size_t shard = 0);
  // One that has stalled does nothing at all: neither packets, nor time, nor relays.
  void stall(size_t shard, bool stalled) { shards_[shard]->is_stalled = stalled; }

  // Submits one command and returns its status.
  template <typename Command>
  engine::CommandStatus submit(const Command& command, size_t shard = 0) {
    std::vector<uint8_t> batch;
    engine::ContractWriter writer(batch);
    encode(writer, engine::BatchHead{++batches_, 1});
    append_frame(batch, command);
    return submit_batch(batch, shard);
  }

  // A transport of `room` and the peer at its other end, whose checks begin with the next run.
  // Its handle's index is `index`; ports and credentials follow from it.
  VirtualPeer& add_peer(uint32_t index, engine::Handle room, Loss loss = {});
  VirtualPeer& peer(uint32_t index);
  void set_loss(uint32_t index, Loss loss);
  // Stops the consent checks of one peer.
  void silence(uint32_t index);
  // Hands one datagram to a shard now.
  void deliver(const base::FiveTuple& path, std::span<const uint8_t> datagram, size_t shard = 0);
  void deliver_plaintext(engine::Handle transport, std::span<const uint8_t> packet);

  // Lets time pass in steps of 1 ms (or as set), in between the shard's deadlines at their own
  // times; `each_step` runs before the network does, if given.
  void run_for(base::Duration span, const std::function<void()>& each_step = {});
  // Longer steps make hours cheap; what peers send and get then waits for the next.
  void set_step(base::Duration step) { step_ = step; }
  // Runs until every peer has its keys; false after 5 s without.
  bool connect_all();

  // Facts in order, decoded; the text of transport states is not kept.
  std::vector<engine::TransportStateEvent> transport_states;
  std::vector<engine::StreamStartedEvent> streams_started;
  std::vector<engine::StreamEndedEvent> streams_ended;
  std::vector<engine::SubscriptionStateEvent> subscription_states;
  size_t audio_level_events = 0;
  engine::Handle dominant;
  std::vector<SeenFeedback> feedback;
  std::vector<engine::RemoteEstimateEvent> remote_estimates;
  struct LayerRates {
    engine::Handle publication;
    std::vector<engine::LayerRate> layers;
  };
  std::vector<LayerRates> layer_rates;
  std::vector<engine::ReceptionEvent> receptions;
  std::vector<TappedPacket> tapped;
  size_t tapped_batches = 0;  // in which they came
  // Calls of malloc and its kind inside the shard so far: while it handles packets and deadlines.
  uint64_t shard_allocations = 0;
  // What the shard has on the heap, but for packets.
  int64_t shard_heap_bytes = 0;
  // What plaintext and plain transports sent, by packed handle.
  std::vector<std::pair<uint64_t, Bytes>> plaintext_out;
  std::vector<base::FiveTuple> plaintext_paths;  // of the same packets

 private:
  struct OneShard {
    OneShard(uint16_t number, SeededRandom& random, crypto::SrtpCipher& cipher,
             std::shared_ptr<const crypto::Certificate> certificate);

    engine::Shard core;
    engine::ShardOutput out;
    bool is_stalled = false;
  };
  struct Direction {
    std::multimap<base::Instant, Bytes> on_the_way;
    uint64_t still_to_lose = 0;
  };
  struct Member {
    uint32_t index;
    size_t shard;
    std::unique_ptr<VirtualPeer> peer;
    Loss loss;
    bool checking = true;
    base::Instant next_check;
    Direction to_shard;
    Direction to_peer;
  };

  // Counts what `work`, inside a shard, takes from the heap.
  template <typename Work>
  void account(const Work& work) {
    const uint64_t allocations_before = allocations();
    const int64_t bytes_before = heap_bytes();
    work();
    shard_allocations += allocations() - allocations_before;
    shard_heap_bytes += heap_bytes() - bytes_before;
  }
  engine::CommandStatus submit_batch(std::span<const uint8_t> batch, size_t shard);
  void tick(const std::function<void()>& each_step);
  void run_deadlines_until(base::Instant end);
  void handle_timeout(OneShard& shard);
  OneShard& next_due();
  bool deliver_relays();
  // False when it is lost.
  bool enter(Direction& direction, uint64_t loss, uint64_t burst);
  bool deliver_outboxes();
  bool deliver_to_peers();
  bool flush();
  bool flush(OneShard& shard);
  void route(const transport::Transmit& transmit);
  void take_events();
  void take_events(engine::EventBuffer& events);
  void take_fact(const engine::Frame& frame);
  void take_reading(const engine::Frame& frame);
  Member& member(uint32_t index);

  SeededRandom random_;
  std::unique_ptr<crypto::SrtpCipher> cipher_;
  std::shared_ptr<const crypto::Certificate> certificate_;
  engine::RelayMesh mesh_;
  std::vector<std::unique_ptr<OneShard>> shards_;
  base::Instant now_ = base::Instant{1'000'000};
  base::Duration step_ = base::Duration::millis(1);
  std::vector<Member> members_;
  uint32_t batches_ = 0;
  engine::CommandStatus last_status_ = engine::CommandStatus::kOk;
};

engine::Handle handle(uint32_t index, size_t shard = 0);

}  // namespace testing_support
