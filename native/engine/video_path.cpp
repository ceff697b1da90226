#include "engine/video_path.h"

#include "engine/delivery.h"
#include "engine/transport_step.h"

namespace engine {

void forward_video(Step& step, Publication& publication, uint8_t encoding,
                   const forward::MediaPacket& packet) {
  if (encoding != publication.forwarded_encoding) return;
  bool key_frame_wanted = false;
  for (Subscription* subscription : publication.subscriptions) {
    if (!subscription->active) continue;
    key_frame_wanted |=
        deliver(step, *subscription, packet) == forward::Verdict::kWaitingForKeyFrame;
  }
  if (key_frame_wanted) request_key_frame(step, publication);
}

void request_key_frame(Step& step, Publication& publication) {
  if (publication.kind != wire::MediaKind::kVideo || publication.muted) return;
  publication.transport->core.receiver().request_key_frame(publication.forwarded(), step.now);
  reschedule(step, *publication.transport);
}

}  // namespace engine
