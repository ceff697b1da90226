// What arrives at a media port: arbitrary datagrams from a stranger, from a path that ICE has
// validated but DTLS has not, and from the path of a connected peer. A stranger gets no byte, no
// handshake completes, and the connected peer stays connected.
//
// Input: pieces; each one's first byte says from whom.
#include <algorithm>
#include <memory>

#include "fuzz/expect.h"
#include "fuzz/input.h"
#include "testing/meeting.h"

namespace {

using testing_support::handle;
using testing_support::Meeting;
using testing_support::VirtualPeer;

constexpr size_t kMaxSteps = 32;
constexpr uint32_t kChecked = 1;
constexpr uint32_t kConnected = 2;

// Runs of one meeting: its handshake costs more than a hundred runs.
constexpr int kRunsPerMeeting = 1000;

std::unique_ptr<Meeting> begin() {
  auto meeting = std::make_unique<Meeting>();
  meeting->join(kConnected);
  fuzz::expect(meeting->world.connect_all());
  meeting->publish_video(1, 0, 0, kConnected);
  // Hears nothing that would start its handshake.
  meeting->join(kChecked, {.to_shard = 100, .to_peer = 100});
  meeting->world.silence(kChecked);
  return meeting;
}

// A transport anew, so that no run uses up the attempts of the next, and its path validated.
void check_anew(Meeting& meeting) {
  VirtualPeer& peer = meeting.world.peer(kChecked);
  meeting.world.submit(engine::TransportCloseCommand{handle(kChecked)});
  meeting.world.submit(engine::TransportCreateCommand{.transport = handle(kChecked),
                                                      .room = handle(0),
                                                      .local_ufrag = peer.server().ufrag,
                                                      .local_pwd = peer.server().pwd,
                                                      .remote_ufrag = {},
                                                      .remote_pwd = {},
                                                      .fingerprint = peer.fingerprint(),
                                                      .plaintext = false});
  peer.check();
  meeting.world.deliver(peer.path(), peer.outbox.front());
  peer.outbox.clear();
}

base::FiveTuple path_of(Meeting& meeting, uint8_t kind) {
  if (kind % 3 != 0) return meeting.world.peer(kind % 3).path();
  return {meeting.world.peer(kConnected).path().local, *base::SocketAddress::parse("192.0.2.1", 1)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > fuzz::kMaxInput) return 0;
  static std::unique_ptr<Meeting> kept;
  static int runs = 0;
  if (runs++ % kRunsPerMeeting == 0) kept = begin();
  Meeting& meeting = *kept;
  check_anew(meeting);
  fuzz::Input input(data, size);
  for (size_t i = 0; i < kMaxSteps && !input.empty(); ++i) {
    const base::FiveTuple path = path_of(meeting, input.u8());
    meeting.world.deliver(path, input.piece());
  }
  meeting.world.run_for(base::Duration::millis(5));
  fuzz::expect(meeting.world.plaintext_out.empty());
  fuzz::expect(meeting.world.stats().handshakes_done == 1);
  const auto& states = meeting.world.transport_states;
  const auto left = std::find_if(states.begin(), states.end(), [](const auto& event) {
    return event.transport == handle(kConnected) &&
           event.state > engine::TransportState::kConnected;
  });
  fuzz::expect(left == states.end());
  return 0;
}
