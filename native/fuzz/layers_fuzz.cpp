// One publisher's packets of VP9 or AV1, in any order, through a forwarder whose target changes:
// nothing leaves twice under one number, a frame has one answer, headers can be written and read.
//
// Input: codec (1), then steps: what (1): set a target from the next byte, or a packet: step of the
// sequence number (1), of the timestamp (1), lengths and bytes of descriptor and payload.
#include <array>
#include <memory>

#include "forward/forwarder.h"
#include "fuzz/expect.h"
#include "fuzz/input.h"

namespace {

constexpr uint8_t kId = 4;
constexpr uint8_t kTargetStep = 0xff;
constexpr size_t kMaxPayload = 400;
constexpr size_t kMaxDescriptor = 255;

class Path {
 public:
  explicit Path(wire::CodecKind codec) : format_{codec, 1} {
    extensions_.add(kId, wire::ExtensionKind::kDependencyDescriptor);
    forwarder_ = std::make_unique<forward::Forwarder>(
        forward::ForwarderConfig{wire::MediaKind::kVideo, 7, {}, {{format_, 100}}},
        forward::initial_state(65000));
    forwarder_->set_extensions(extensions_);
  }

  void set_target(uint8_t layers) {
    forwarder_->set_target({forward::kHighestEncoding,
                            {static_cast<uint8_t>(layers & 3), static_cast<uint8_t>(layers >> 4)}},
                           now_);
  }

  void give(int8_t step, uint8_t ticks, std::span<const uint8_t> descriptor,
            std::span<const uint8_t> payload) {
    sequence_ += step;
    timestamp_ += ticks;
    now_ = now_ + base::Duration::millis(1 + ticks);
    base::PacketRef packet = pool_.acquire();
    const wire::ExtensionElement element{kId, descriptor};
    packet.resize(base::kPacketCapacity);
    const std::span<const wire::ExtensionElement> elements(&element, descriptor.empty() ? 0 : 1);
    const size_t size = wire::write_rtp_header({.timestamp = static_cast<uint32_t>(timestamp_),
                                                .ssrc = 1,
                                                .sequence = static_cast<uint16_t>(sequence_),
                                                .payload_type = 96},
                                               elements, packet.bytes());
    std::copy(payload.begin(), payload.end(),
              packet.bytes().begin() + static_cast<ptrdiff_t>(size));
    packet.resize(size + payload.size());
    wire::RtpView view;
    if (wire::parse_rtp(packet.bytes(), view) != wire::ParseError::kNone) return;
    forward(packet, view);
  }

 private:
  void forward(const base::PacketRef& packet, const wire::RtpView& view) {
    const forward::SourcePosition position{.source = {1, 0},
                                           .sequence = sequence_,
                                           .timestamp = timestamp_,
                                           .newest = sequence_ > highest_,
                                           .arrived_at = now_};
    highest_ = std::max(highest_, sequence_);
    forward::MediaPacket described =
        forward::describe(packet, view, position, format_, extensions_);
    tracker_.describe(described);
    wire::OutPacket out;
    const forward::Verdict first = forwarder_->handle_packet(described, out);
    forwarder_->key_frame_wanted(now_);
    if (first != forward::Verdict::kSend) return;
    std::array<uint8_t, wire::kMaxOutHeaderSize> header{};
    const size_t size = wire::write_out_header(out, 1, wire::write_abs_send_time(now_.us), header);
    fuzz::expect(size > 0);
    wire::RtpView left;
    fuzz::expect(wire::parse_rtp(std::span(header).first(size), left) == wire::ParseError::kNone);
    fuzz::expect(out.payload_offset + out.payload_size <= packet.bytes().size());
    // The same packet again finds the same answer.
    wire::OutPacket again;
    const forward::Verdict second = forwarder_->handle_packet(described, again);
    fuzz::expect(second != forward::Verdict::kSkipped);
    if (second == forward::Verdict::kSend) {
      fuzz::expect(again.header.sequence == out.header.sequence);
    }
  }

  base::PacketPool pool_{0, 4};
  forward::PayloadFormat format_;
  wire::ExtensionMap extensions_;
  std::unique_ptr<forward::Forwarder> forwarder_;
  forward::DependencyTracker tracker_;
  int64_t sequence_ = 70000;
  int64_t highest_ = 0;
  int64_t timestamp_ = 0;
  base::Instant now_{1000000};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  constexpr std::array<wire::CodecKind, 3> kCodecs = {wire::CodecKind::kAv1, wire::CodecKind::kVp9,
                                                      wire::CodecKind::kH264};
  Path path(kCodecs[input.u8() % kCodecs.size()]);
  while (!input.empty()) {
    const uint8_t what = input.u8();
    if (what == kTargetStep) {
      path.set_target(input.u8());
      continue;
    }
    const auto step = static_cast<int8_t>(what);
    const uint8_t ticks = input.u8();
    std::span<const uint8_t> descriptor = input.piece();
    descriptor = descriptor.first(std::min(descriptor.size(), kMaxDescriptor));
    std::span<const uint8_t> payload = input.piece();
    payload = payload.first(std::min(payload.size(), kMaxPayload));
    path.give(step, ticks, descriptor, payload);
  }
  return 0;
}
