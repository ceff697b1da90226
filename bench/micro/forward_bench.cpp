// Between both: what is done once per packet and subscriber before it is protected.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "forward/forwarder.h"
#include "micro/media.h"
#include "pacing/pacer.h"
#include "testing/rtp_packets.h"
#include "wire/out_packet.h"

namespace {

constexpr forward::PayloadFormat kVp8{wire::CodecKind::kVp8, 1};
constexpr size_t kFramePackets = 8;

// A publisher's stream, described packet by packet, and a forwarder that is on it.
class Stream {
 public:
  Stream() : forwarder_(config(), forward::initial_state(1000)) {
    publisher_.add(1, wire::ExtensionKind::kMid);
    wire::ExtensionMap receiver;
    receiver.add(1, wire::ExtensionKind::kMid);
    receiver.add(3, wire::ExtensionKind::kTransportCc);
    forwarder_.set_extensions(receiver);
    wire::OutPacket out;
    forwarder_.handle_packet(next(), out);
  }

  // The next packet of the stream; its frames have kFramePackets, the first is a key frame.
  forward::MediaPacket next() {
    const bool first = number_ % kFramePackets == 0;
    const auto picture = static_cast<uint16_t>(number_ / kFramePackets);
    payload_[0] = first ? 0x90 : 0x80;
    payload_[2] = static_cast<uint8_t>(0x80 | (picture >> 8 & 0x7f));
    payload_[3] = static_cast<uint8_t>(picture);
    payload_[4] = number_ < static_cast<int64_t>(kFramePackets) ? 0x00 : 0x01;
    const int64_t timestamp = number_ / static_cast<int64_t>(kFramePackets) * 3000;
    wire::RtpHeader header;
    header.timestamp = static_cast<uint32_t>(timestamp);
    header.ssrc = 1;
    header.sequence = static_cast<uint16_t>(number_);
    header.payload_type = 96;
    header.marker = (number_ + 1) % kFramePackets == 0;
    received_ = testing_support::make_received(pool_, header, payload_);
    const forward::SourcePosition position{
        .source = {1, 0}, .sequence = number_++, .timestamp = timestamp, .arrived_at = now_};
    now_ = now_ + base::Duration::micros(250);
    return forward::describe(received_.packet, received_.view, position, kVp8, publisher_);
  }

  forward::Forwarder& forwarder() { return forwarder_; }

 private:
  static forward::ForwarderConfig config() {
    return {.kind = wire::MediaKind::kVideo,
            .ssrc = 77,
            .mid = wire::Mid("7"),
            .codecs = {{kVp8, 96, 97}}};
  }

  base::PacketPool pool_{0, 1024};
  wire::ExtensionMap publisher_;
  forward::Forwarder forwarder_;
  std::vector<uint8_t> payload_ = micro::vp8_payload(0, true, true);
  testing_support::ReceivedPacket received_;
  int64_t number_ = 0;
  base::Instant now_{10'000'000};
};

// Packets of 64 frames are made ahead, so that making them is not measured.
constexpr size_t kAhead = 512;

void select_and_rewrite(benchmark::State& state) {
  Stream stream;
  std::vector<forward::MediaPacket> packets;
  wire::OutPacket out;
  for (auto _ : state) {
    state.PauseTiming();
    packets.clear();
    while (packets.size() < kAhead) packets.push_back(stream.next());
    state.ResumeTiming();
    for (const forward::MediaPacket& packet : packets) {
      if (stream.forwarder().handle_packet(packet, out) != forward::Verdict::kSend) {
        return state.SkipWithError("a packet was not forwarded");
      }
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kAhead));
}
BENCHMARK(select_and_rewrite);

void write_header(benchmark::State& state) {
  Stream stream;
  wire::OutPacket out;
  stream.forwarder().handle_packet(stream.next(), out);
  const wire::SendTime time = wire::write_abs_send_time(1);
  std::array<uint8_t, wire::kMaxOutHeaderSize> bytes;
  uint16_t number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::write_out_header(out, number++, time, bytes));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(write_header);

// A frame enters the pacer's queue and leaves it, as with a rate that lets it.
void pace(benchmark::State& state) {
  Stream stream;
  wire::OutPacket made;
  stream.forwarder().handle_packet(stream.next(), made);
  base::Instant now{10'000'000};
  pacing::Pacer pacer;
  pacer.set_rates({.pacing_bps = 100'000'000}, now);
  for (auto _ : state) {
    now = now + base::Duration::millis(40);
    for (size_t i = 0; i < kFramePackets; ++i) pacer.enqueue(wire::OutPacket(made), now);
    wire::OutPacket released;
    while (pacer.size() > 0) {
      if (pacer.release(now, released) == pacing::Turn::kPacket) {
        pacer.handle_sent(released.body_size(), now);
      } else {
        now = pacer.next_deadline();
      }
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kFramePackets));
}
BENCHMARK(pace);

}  // namespace
