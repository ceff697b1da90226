#include <algorithm>
#include <memory>
#include <utility>

#include "engine/commands.h"
#include "engine/formats.h"
#include "engine/media_path.h"
#include "engine/relays.h"
#include "engine/video_path.h"

namespace engine {

namespace {

bool is_elsewhere(const Step& step, Handle handle) {
  const auto& links = step.out.relays.to;
  return handle.shard < links.size() && links[handle.shard] != nullptr;
}

}  // namespace

CommandStatus handle(Step& step, const RelayCreateCommand& command) {
  Publication* publication = step.shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  if (!is_elsewhere(step, command.to)) return CommandStatus::kInvalidArgument;
  const bool is_there = std::ranges::any_of(publication->relays, [&](const RelayTarget& relay) {
    return relay.to.shard == command.to.shard;
  });
  if (publication->origin || is_there) return CommandStatus::kWrongState;
  publication->relays.push_back({.to = command.to, .told = std::nullopt});
  tell_relays(step, *publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const RelayCloseCommand& command) {
  Publication* publication = step.shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  const auto relay = std::ranges::find(publication->relays, command.to, &RelayTarget::to);
  if (relay == publication->relays.end()) return CommandStatus::kUnknownHandle;
  publication->relays.erase(relay);
  refresh_requests(step, *publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const RelayedPublicationCreateCommand& command) {
  ShardState& shard = step.shard;
  Room* room = shard.rooms.find(command.room);
  if (room == nullptr) return CommandStatus::kUnknownHandle;
  const CommandStatus free = shard.publications.check_free(command.publication);
  if (free != CommandStatus::kOk) return free;
  if (!is_elsewhere(step, command.origin) || !read_codecs(command.codecs) ||
      command.encodings == 0 || command.encodings > transport::kMaxEncodings) {
    return CommandStatus::kInvalidArgument;
  }
  auto publication = std::make_unique<Publication>();
  publication->handle = command.publication;
  publication->room = room;
  publication->kind = static_cast<wire::MediaKind>(command.kind);
  publication->encodings = command.encodings;
  publication->origin.emplace().demand = {.publication = command.origin,
                                          .from = command.publication};
  Publication& inserted = *publication;
  insert_publication(step, std::move(publication), command.codecs, command.always_forwarded);
  tell_origin(step, inserted);
  return CommandStatus::kOk;
}

}  // namespace engine
