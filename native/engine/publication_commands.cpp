#include <memory>
#include <string>
#include <utility>

#include "engine/audio_path.h"
#include "engine/close.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/formats.h"
#include "engine/media_path.h"
#include "engine/transport_step.h"
#include "engine/video_path.h"

namespace engine {

namespace {

// nullopt when it describes no track.
std::optional<transport::TrackConfig> track_of(const PublicationCreateCommand& command) {
  auto codecs = read_codecs(command.codecs);
  if (!codecs || command.encodings.empty() || command.encodings.size() > transport::kMaxEncodings) {
    return std::nullopt;
  }
  transport::TrackConfig track{.track = command.publication.index,
                               .kind = static_cast<wire::MediaKind>(command.kind),
                               .mid = std::string(command.mid),
                               .codecs = std::move(*codecs),
                               .encodings = {}};
  for (const Encoding& encoding : command.encodings) {
    track.encodings.push_back({std::string(encoding.rid), encoding.ssrc, encoding.rtx_ssrc});
  }
  return track;
}

}  // namespace

CommandStatus handle(Step& step, const PublicationCreateCommand& command) {
  ShardState& shard = step.shard;
  Room* room = shard.rooms.find(command.room);
  Transport* transport = shard.transports.find(command.transport);
  if (room == nullptr || transport == nullptr || transport->room != command.room) {
    return CommandStatus::kUnknownHandle;
  }
  const CommandStatus free = shard.publications.check_free(command.publication);
  if (free != CommandStatus::kOk) return free;
  auto track = track_of(command);
  if (!track) return CommandStatus::kInvalidArgument;
  const size_t encodings = track->encodings.size();
  if (!transport->core.receiver().add(std::move(*track))) return CommandStatus::kLimitReached;

  auto publication = std::make_unique<Publication>();
  publication->handle = command.publication;
  publication->room = room;
  publication->transport = transport;
  publication->kind = static_cast<wire::MediaKind>(command.kind);
  publication->muted = command.muted;
  publication->encodings = encodings;
  transport->publications.push_back(publication.get());
  insert_publication(step, std::move(publication), command.codecs, command.always_forwarded);
  return CommandStatus::kOk;
}

void insert_publication(Step& step, std::unique_ptr<Publication> publication,
                        const List<Codec>& codecs, bool always_forwarded) {
  if (publication->kind == wire::MediaKind::kVideo) {
    publication->dependencies.resize(publication->encodings);
    publication->caches.resize(publication->encodings);
  } else {
    PublishedAudio& audio = publication->audio;
    audio.always_forwarded = always_forwarded;
    for (const Codec& codec : codecs) {
      if (codec.codec != CodecKind::kOpus) continue;
      audio.opus_payload_type = codec.payload_type;
      audio.opus = {wire::CodecKind::kOpus, codec.format};
      break;
    }
    publication->room->speakers.add(pack(publication->handle), step.now);
    list_audio(*publication);
  }
  step.shard.publications.insert(std::move(publication));
}

CommandStatus handle(Step& step, const PublicationSetCommand& command) {
  Publication* publication = step.shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  if (publication->origin) return CommandStatus::kWrongState;
  set_muted(step, *publication, command.muted);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const PublicationSetUsableCommand& command) {
  Publication* publication = step.shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  if (publication->kind != wire::MediaKind::kVideo) return CommandStatus::kInvalidArgument;
  if (publication->origin) return CommandStatus::kWrongState;
  publication->usable_there = command.encodings;
  refresh_forwarding(step, *publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const PublicationRequestKeyFrameCommand& command) {
  Publication* publication = step.shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  request_key_frames(step, *publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const PublicationCloseCommand& command) {
  Publication* publication = step.shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  close_publication(step, *publication);
  return CommandStatus::kOk;
}

}  // namespace engine
