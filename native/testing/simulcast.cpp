#include "testing/simulcast.h"

#include <span>

#include "wire/rtcp.h"
#include "wire/rtcp_pli.h"

namespace testing_support {

engine::CommandStatus SimulcastCamera::publish(Meeting& meeting, uint32_t publication) {
  const engine::Codec codec = vp8_codec();
  std::array<engine::Encoding, kSimulcastEncodings> encodings{
      engine::Encoding{"q", kSimulcastSsrc, kSimulcastRtxSsrc},
      engine::Encoding{"h", kSimulcastSsrc + 1, kSimulcastRtxSsrc + 1},
      engine::Encoding{"f", kSimulcastSsrc + 2, kSimulcastRtxSsrc + 2}};
  return meeting.world.submit(engine::PublicationCreateCommand{
      .publication = handle(publication),
      .room = handle(0),
      .transport = handle(1),
      .kind = engine::MediaKind::kVideo,
      .mid = "0",
      .codecs = engine::List<engine::Codec>(std::span(&codec, 1)),
      .encodings = engine::List<engine::Encoding>(std::span<const engine::Encoding>(encodings)),
      .muted = false,
      .always_forwarded = false});
}

void SimulcastCamera::run(Meeting& meeting, base::Duration span) {
  meeting.world.run_for(span, [&] { step(meeting); });
}

void SimulcastCamera::step(Meeting& meeting) {
  VirtualPeer& publisher = meeting.world.peer(1);
  read_requests(publisher);
  if (step_ % 40 == 0) send_frames(publisher);
  if (step_ % 1000 == 10) {
    for (VideoSource& source : sources) source.send_sender_report(publisher, meeting.world.now());
  }
  ++step_;
}

void SimulcastCamera::send_frames(VirtualPeer& publisher) {
  for (size_t i = 0; i < sources.size(); ++i) {
    if (stopped[i]) continue;
    sources[i].send_frame(publisher, key_due_[i]);
    key_due_[i] = false;
  }
}

void SimulcastCamera::read_requests(const VirtualPeer& publisher) {
  for (; rtcp_read_ < publisher.rtcp.size(); ++rtcp_read_) {
    wire::RtcpReader reader(publisher.rtcp[rtcp_read_]);
    wire::RtcpBlock block;
    wire::Pli pli;
    while (reader.next(block)) {
      if (block.type != wire::RtcpType::kPayloadFeedback) continue;
      if (wire::parse_pli(block, pli) != wire::ParseError::kNone) continue;
      const uint32_t index = pli.media_ssrc - kSimulcastSsrc;
      if (index >= sources.size()) continue;
      ++plis[index];
      key_due_[index] = true;
    }
  }
}

}  // namespace testing_support
