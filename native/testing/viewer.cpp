#include "testing/viewer.h"

#include "base/byte_reader.h"
#include "rtp/rtx.h"

namespace testing_support {

namespace {

// Of a VideoSource's payload, behind its descriptor and the first byte of its frame.
constexpr size_t kNumberOffset = 5;

}  // namespace

Viewer::Viewer(VirtualPeer& peer, uint32_t ssrc, uint32_t rtx_ssrc,
               std::optional<base::Duration> rtt)
    : peer_(peer), rtx_ssrc_(rtx_ssrc), rtt_(rtt), stream_({.ssrc = ssrc, .nack = true}) {
  stream_.set_repair_wanted(true);
}

void Viewer::step(base::Instant now) {
  read(now);
  Bytes nack(500);
  while (const size_t size = stream_.write_nack(1, rtt_, now, nack)) {
    ++nacks_sent_;
    peer_.send_rtcp(std::span(nack).first(size));
  }
}

void Viewer::read(base::Instant now) {
  for (; read_ < peer_.rtp.size(); ++read_) take(peer_.rtp[read_], now);
}

void Viewer::take(const ReceivedRtp& packet, base::Instant now) {
  wire::RtpView view = packet.view;
  const bool repaired = view.ssrc == rtx_ssrc_;
  std::span<const uint8_t> payload = view.payload();
  if (repaired) {
    const auto original = rtp::original_sequence(view);
    if (!original) return;
    view.sequence = *original;
    view.ssrc = stream_.ssrc();
    payload = payload.subspan(2);
  }
  if (view.ssrc != stream_.ssrc()) return;
  const rtp::Received received = stream_.handle_packet(view, repaired, now);
  if (!received.accepted) return;
  numbers_.insert(received.sequence);
  repaired_ += repaired ? 1 : 0;
  arrived_at_.emplace(base::load_u16(payload.data() + kNumberOffset), now);
}

}  // namespace testing_support
