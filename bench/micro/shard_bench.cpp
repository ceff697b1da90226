// The whole way of a packet through one shard but for the kernel: received datagram in, protected
// datagrams in the send slab, in frames of 8 packets of 1200 bytes. Time is CPU time of this
// thread; timers (reports, consent) are not run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <vector>

#include "engine/shard.h"
#include "micro/media.h"
#include "testing/allocations.h"
#include "testing/meeting.h"

namespace {

using testing_support::Bytes;
using testing_support::Meeting;

constexpr size_t kFramePackets = 8;
// Virtual time between frames, and frames after which every peer asks for consent (RFC 7675).
constexpr auto kFrameTime = base::Duration::millis(2);
constexpr size_t kConsentFrames = 2500;
// By then histories and pools have their size.
constexpr size_t kWarmUpFrames = 1500;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// A publisher that sends VP8 frames, and so many subscribers.
class Room {
 public:
  explicit Room(uint32_t subscribers) : subscribers_(subscribers) {
    meeting_.join(1);
    for (uint32_t i = 0; i < subscribers; ++i) meeting_.join(2 + i);
    meeting_.world.connect_all();
    meeting_.publish_video(1, kSsrc);
    for (uint32_t i = 0; i < subscribers; ++i) {
      meeting_.add_slot(1 + i, 2 + i, engine::MediaKind::kVideo);
      meeting_.subscribe(1 + i, 1, 1 + i);
    }
    now_ = meeting_.world.now();
    make_frame(true);
    forward();
  }

  size_t expected() const { return subscribers_ * kFramePackets; }

  // One frame as it comes from the publisher; not part of what is measured.
  void make_frame(bool key) {
    testing_support::VirtualPeer& publisher = meeting_.world.peer(1);
    publisher.outbox.clear();
    for (size_t i = 0; i < kFramePackets; ++i) {
      wire::RtpHeader header;
      header.marker = i + 1 == kFramePackets;
      header.payload_type = testing_support::kVp8;
      header.sequence = sequence_++;
      header.timestamp = timestamp_;
      header.ssrc = kSsrc;
      publisher.send_rtp(header, {}, micro::vp8_payload(picture_, i == 0, key));
    }
    ++picture_;
    timestamp_ += 3000;
    now_ = now_ + kFrameTime;
    if (++frames_ % kConsentFrames == 0) ask_for_consent();
  }

  // Returns the datagrams that came out.
  size_t forward() {
    deliver(meeting_.world.peer(1));
    size_t sent = 0;
    bool more = true;
    while (more) {
      more = meeting_.world.shard().flush(now_, out_);
      sent += out_.slab.transmits().size();
      out_.slab.reset();
    }
    out_.events.clear();
    return sent;
  }

 private:
  void deliver(const testing_support::VirtualPeer& peer) {
    engine::Shard& shard = meeting_.world.shard();
    for (const Bytes& datagram : peer.outbox) {
      base::PacketRef packet = shard.packets().acquire();
      std::copy(datagram.begin(), datagram.end(), packet.get()->bytes);
      packet.resize(datagram.size());
      shard.handle_datagram(peer.path(), std::move(packet), now_, out_);
    }
  }

  void ask_for_consent() {
    std::vector<Bytes> frame;
    frame.swap(meeting_.world.peer(1).outbox);
    for (uint32_t i = 1; i <= 1 + subscribers_; ++i) {
      testing_support::VirtualPeer& peer = meeting_.world.peer(i);
      peer.outbox.clear();
      peer.check();
      deliver(peer);
      peer.outbox.clear();
    }
    out_.slab.reset();
    out_.events.clear();
    frame.swap(meeting_.world.peer(1).outbox);
  }

  static constexpr uint32_t kSsrc = 1111;

  uint32_t subscribers_;
  size_t frames_ = 0;
  Meeting meeting_;
  engine::ShardOutput out_;
  base::Instant now_;
  uint16_t sequence_ = 1000;
  uint16_t picture_ = 0;
  uint32_t timestamp_ = 0;
};

// Kept over the runs of one benchmark and its repetitions.
Room& warm_room(uint32_t subscribers) {
  static std::map<uint32_t, std::unique_ptr<Room>> rooms;
  std::unique_ptr<Room>& room = rooms[subscribers];
  if (room != nullptr) return *room;
  room = std::make_unique<Room>(subscribers);
  for (size_t i = 0; i < kWarmUpFrames; ++i) {
    room->make_frame(false);
    room->forward();
  }
  return *room;
}

void forward_frames(benchmark::State& state) {
  Room& room = warm_room(static_cast<uint32_t>(state.range(0)));
  size_t packets = 0;
  uint64_t allocated = 0;
  for (auto _ : state) {
    room.make_frame(false);
    const uint64_t before = testing_support::allocations();
    const double start = thread_seconds();
    const size_t sent = room.forward();
    state.SetIterationTime(thread_seconds() - start);
    allocated += testing_support::allocations() - before;
    if (sent < room.expected()) return state.SkipWithError("packets are missing");
    packets += sent;
  }
  state.SetItemsProcessed(static_cast<int64_t>(packets));
  state.counters["allocations"] = static_cast<double>(allocated);
  state.counters["packets_out"] = static_cast<double>(packets);
  state.counters["packets_in"] = static_cast<double>(state.iterations() * kFramePackets);
}

BENCHMARK(forward_frames)->Arg(1)->Arg(10)->Arg(50)->Arg(200)->UseManualTime();

}  // namespace
