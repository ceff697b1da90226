import type { ClientPayloads, CommandType } from '../../schemas/client-messages.js';
import type { ChatService } from '../chat/service.js';
import type { ModerationService } from '../moderation/service.js';
import type { LiveRecordings } from '../recordings/live-service.js';
import type { CommandAnswer, Relocation, Room, Seat } from '../rooms/service.js';

/** What a command of somebody in a room is carried out with. */
export interface CommandContext {
  chat: ChatService;
  moderation: ModerationService;
  /** Null: nothing is recorded. */
  recordings: LiveRecordings | null;
  room: Room;
  seat: Seat;
  /** Where the media of rooms goes. */
  relocation: Relocation;
}

/** `hello` is the way in, `bye` the way out: the connection has them. */
export type RoomCommand = Exclude<CommandType, 'hello' | 'bye'>;

/** Throws ControlError or NodeError. */
export type Handler<Type extends RoomCommand> = (
  context: CommandContext,
  wanted: ClientPayloads[Type],
  commandId: string,
) => Promise<CommandAnswer>;

export const ok: CommandAnswer = { t: 'ok', d: {} };
