#include <memory>

#include "engine/close.h"
#include "engine/commands.h"

namespace engine {

CommandStatus handle(Step& step, const RoomCreateCommand& command) {
  if (command.speaker_interval_ms == 0) return CommandStatus::kInvalidArgument;
  const CommandStatus free = step.shard.rooms.check_free(command.room);
  if (free != CommandStatus::kOk) return free;
  auto room = std::make_unique<Room>();
  room->handle = command.room;
  room->speaker_interval = base::Duration::millis(command.speaker_interval_ms);
  room->announce_at = step.now;
  room->audio = forward::AudioSelector(command.loudest);
  room->gate_silence = command.gate_silence;
  room->is_home = command.is_home;
  step.shard.rooms.insert(std::move(room));
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const RoomCloseCommand& command) {
  Room* room = step.shard.rooms.find(command.room);
  if (room == nullptr) return CommandStatus::kUnknownHandle;
  close_room(step, *room);
  return CommandStatus::kOk;
}

}  // namespace engine
