// A forwarder between three encodings whose packets, targets and losses the input chooses; state
// that is exported goes on in a successor.
#include <algorithm>
#include <array>
#include <vector>

#include "forward/forwarder.h"
#include "fuzz/expect.h"
#include "fuzz/input.h"
#include "testing/rtp_packets.h"

namespace {

constexpr forward::PayloadFormat kFormat{wire::CodecKind::kVp8, 1};

struct World {
  base::PacketPool pool{0, 8};
  forward::ForwarderConfig config{wire::MediaKind::kVideo, 7, {}, {{kFormat, 100, 101}}};
  forward::Forwarder forwarder{config, forward::initial_state(65000)};
  std::array<int64_t, 3> highest{};
  base::Instant now{1'000'000};
};

void give(World& world, fuzz::Input& input) {
  const uint8_t flags = input.u8();
  const auto encoding = static_cast<uint8_t>(flags % 3);
  int64_t& highest = world.highest[encoding];
  const int64_t sequence = highest + static_cast<int8_t>(input.u8()) / 8;
  const int64_t timestamp =
      sequence / 2 * 3000 + ((flags & 0x40) != 0 ? int64_t{input.u16()} << 12 : 0);
  const auto bytes = input.piece();
  const std::vector<uint8_t> payload(bytes.begin(), bytes.end());
  if (payload.size() > 1000) return;
  const auto received =
      testing_support::make_received(world.pool,
                                     {.timestamp = static_cast<uint32_t>(timestamp),
                                      .ssrc = encoding,
                                      .sequence = static_cast<uint16_t>(sequence),
                                      .payload_type = 96,
                                      .marker = (flags & 0x80) != 0},
                                     payload);
  forward::SourcePosition position{.source = {encoding, static_cast<uint32_t>(flags >> 5 & 1)},
                                   .sequence = sequence,
                                   .timestamp = timestamp,
                                   .newest = sequence > highest,
                                   .arrived_at = world.now};
  highest = std::max(highest, sequence);
  const wire::ExtensionMap none;
  wire::OutPacket out;
  const auto verdict = world.forwarder.handle_packet(
      forward::describe(received.packet, received.view, position, kFormat, none, encoding), out);
  if (verdict != forward::Verdict::kSend) return;
  fuzz::expect(out.body_size() <= payload.size() + wire::kMaxPayloadPrefix);
  fuzz::expect(out.header.ssrc == 7 && out.header.payload_type == 100);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  World world;
  while (!input.empty()) {
    const uint8_t action = input.u8();
    world.now = world.now + base::Duration::millis(action >> 3);
    switch (action & 7) {
      case 0: {
        const uint8_t target = input.u8();
        world.forwarder.set_target(
            {static_cast<uint8_t>(target & 3), {255, static_cast<uint8_t>(target >> 4 & 3)}},
            world.now);
        break;
      }
      case 1:
        world.forwarder.set_usable(input.u8() & 7, world.now);
        break;
      case 2:
        world.forwarder.set_active((input.u8() & 1) != 0);
        break;
      case 3:
        world.forwarder = forward::Forwarder(world.config, world.forwarder.export_state());
        break;
      default:
        give(world, input);
    }
    world.forwarder.key_frame_wanted(world.now);
  }
  return 0;
}
