// The whole way of a packet through one shard but for the kernel: received datagram in, protected
// datagrams in the send slab. Time is CPU time of this thread per packet out.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <memory>
#include <vector>

#include "engine/shard.h"
#include "testing/meeting.h"

namespace {

using testing_support::Bytes;
using testing_support::Meeting;

constexpr size_t kFramePackets = 8;
constexpr size_t kPayload = 1200 - 12 - 16;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// A publisher that sends VP8 frames, and so many subscribers.
class Room {
 public:
  explicit Room(uint32_t subscribers) {
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

  // One frame as it comes from the publisher; not part of what is measured.
  void make_frame(bool key) {
    testing_support::VirtualPeer& publisher = meeting_.world.peer(1);
    publisher.outbox.clear();
    Bytes payload(kPayload, 0x5a);
    payload[0] = 0x80;
    payload[1] = 0x80;
    payload[2] = static_cast<uint8_t>(0x80 | (picture_ >> 8 & 0x7f));
    payload[3] = static_cast<uint8_t>(picture_++);
    for (size_t i = 0; i < kFramePackets; ++i) {
      payload[0] = i == 0 ? 0x90 : 0x80;
      payload[4] = key ? 0x00 : 0x01;
      wire::RtpHeader header;
      header.marker = i + 1 == kFramePackets;
      header.payload_type = testing_support::kVp8;
      header.sequence = sequence_++;
      header.timestamp = timestamp_;
      header.ssrc = kSsrc;
      publisher.send_rtp(header, {}, payload);
    }
    timestamp_ += 3000;
    now_ = now_ + base::Duration::millis(1);
  }

  // Returns the packets that came out.
  size_t forward() {
    testing_support::VirtualPeer& publisher = meeting_.world.peer(1);
    engine::Shard& shard = meeting_.world.shard();
    for (const Bytes& datagram : publisher.outbox) {
      base::PacketRef packet = shard.packets().acquire();
      std::copy(datagram.begin(), datagram.end(), packet.get()->bytes);
      packet.resize(datagram.size());
      shard.handle_datagram(publisher.path(), std::move(packet), now_, out_);
    }
    size_t sent = 0;
    bool more = true;
    while (more) {
      more = shard.flush(now_, out_);
      sent += out_.slab.transmits().size();
      out_.slab.reset();
    }
    out_.events.clear();
    return sent;
  }

 private:
  static constexpr uint32_t kSsrc = 1111;

  Meeting meeting_;
  engine::ShardOutput out_;
  base::Instant now_;
  uint16_t sequence_ = 1000;
  uint16_t picture_ = 0;
  uint32_t timestamp_ = 0;
};

void forward_frames(benchmark::State& state) {
  Room room(static_cast<uint32_t>(state.range(0)));
  size_t packets = 0;
  for (auto _ : state) {
    room.make_frame(false);
    const double start = thread_seconds();
    packets += room.forward();
    state.SetIterationTime(thread_seconds() - start);
  }
  state.SetItemsProcessed(static_cast<int64_t>(packets));
  state.counters["per_packet"] = benchmark::Counter(
      static_cast<double>(packets), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK(forward_frames)->Arg(1)->Arg(10)->Arg(50)->Arg(200)->UseManualTime();

}  // namespace
