// A meeting of two behind one shard: anything either sends after decryption (their transports are
// plaintext, so that mutations reach RTP, RTCP and forwarding), anything a stranger sends to the
// port, and time. What leaves must be well-formed RTP or RTCP, and blocks come home.
//
// Input: pieces; each one's first byte says from whom, or that its length is milliseconds to wait.
#include <array>
#include <vector>

#include "fuzz/expect.h"
#include "fuzz/input.h"
#include "testing/meeting.h"
#include "wire/demux.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

namespace {

using testing_support::handle;
using testing_support::Meeting;

constexpr size_t kMaxSteps = 64;
constexpr uint16_t kMaxWaitMs = 100;

void add_plaintext_transport(Meeting& meeting, uint32_t index) {
  static const std::vector<engine::Extension> extensions{
      {testing_support::kMidId, engine::ExtensionKind::kMid},
      {testing_support::kRidId, engine::ExtensionKind::kRid},
      {testing_support::kRepairedRidId, engine::ExtensionKind::kRepairedRid},
      {testing_support::kTransportCcId, engine::ExtensionKind::kTransportCc},
      {testing_support::kAudioLevelId, engine::ExtensionKind::kAudioLevel}};
  engine::TransportCreateCommand command{};
  command.transport = handle(index);
  command.room = handle(0);
  command.plaintext = true;
  fuzz::expect(meeting.world.submit(command) == engine::CommandStatus::kOk);
  const engine::List<engine::Extension> list{std::span(extensions)};
  meeting.world.submit(engine::TransportSetExtensionsCommand{handle(index), list, list});
}

// Transport 1 publishes audio and video to transport 2.
void begin(Meeting& meeting) {
  add_plaintext_transport(meeting, 1);
  add_plaintext_transport(meeting, 2);
  meeting.publish_video(1);
  meeting.publish_audio(2);
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  meeting.add_slot(2, 2, engine::MediaKind::kAudio);
  meeting.subscribe(1, 1, 1);
  meeting.subscribe(2, 2, 2);
}

void step(Meeting& meeting, uint8_t kind, fuzz::Input& input) {
  static const base::FiveTuple stranger{*base::SocketAddress::parse("127.0.0.1", 40000),
                                        *base::SocketAddress::parse("192.0.2.1", 1)};
  if (kind % 4 == 0) {
    meeting.world.run_for(base::Duration::millis(input.u16() % kMaxWaitMs));
    return;
  }
  const std::span<const uint8_t> packet = input.piece();
  if (kind % 4 == 3) {
    meeting.world.deliver(stranger, packet);
  } else {
    meeting.world.deliver_plaintext(handle(kind % 4), packet);
  }
}

void expect_well_formed(std::span<const uint8_t> packet) {
  wire::RtpView view;
  if (wire::classify(packet) == wire::PacketKind::kRtp) {
    fuzz::expect(wire::parse_rtp(packet, view) == wire::ParseError::kNone);
    return;
  }
  fuzz::expect(wire::classify(packet) == wire::PacketKind::kRtcp);
  wire::RtcpReader reader(packet);
  for (wire::RtcpBlock block; reader.next(block);) continue;
  fuzz::expect(reader.error() == wire::ParseError::kNone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > fuzz::kMaxInput) return 0;
  Meeting meeting;
  begin(meeting);
  fuzz::Input input(data, size);
  for (size_t i = 0; i < kMaxSteps && !input.empty(); ++i) step(meeting, input.u8(), input);
  meeting.world.run_for(base::Duration::millis(20));
  for (const auto& [transport, packet] : meeting.world.plaintext_out) expect_well_formed(packet);
  meeting.world.submit(engine::RoomCloseCommand{handle(0)});
  fuzz::expect(meeting.world.stats().blocks_in_use == 0);
  return 0;
}
