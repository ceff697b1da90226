#include "engine/audio_path.h"

#include "engine/delivery.h"
#include "engine/events.h"

namespace engine {

namespace {

forward::SpeakerId speaker_id(const Publication& publication) { return pack(publication.handle); }

void note_audio_level(Step& step, Publication& publication, const wire::RtpView& view) {
  const uint8_t id = publication.transport->receive.id_of(wire::ExtensionKind::kAudioLevel);
  if (id == 0) return;
  const auto value = view.extensions().find(id);
  if (!value) return;
  const auto level = wire::read_audio_level(*value);
  if (!level) return;
  publication.level.handle_level(*level, step.now);
  Room& room = *publication.room;
  room.speakers.handle_level(speaker_id(publication), *level, step.now);
  step.shard.room_deadlines.set(room.handle.index, room.speakers.next_deadline());
}

}  // namespace

void forward_audio(Step& step, Publication& publication, const forward::MediaPacket& packet) {
  note_audio_level(step, publication, packet.view);
  for (Subscription* subscription : publication.subscriptions) {
    if (subscription->active) deliver(step, *subscription, packet);
  }
}

}  // namespace engine
