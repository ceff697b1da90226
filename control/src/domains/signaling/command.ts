import type { NodeClient } from '../../nodes/node-client.js';
import type { ClientPayloads, CommandType } from '../../schemas/client-messages.js';
import type { ChatService } from '../chat/service.js';
import type { ModerationService } from '../moderation/service.js';
import type { CommandAnswer, Room, Seat } from '../rooms/service.js';

/** What a command of somebody in a room is carried out with. */
export interface CommandContext {
  node: NodeClient;
  chat: ChatService;
  moderation: ModerationService;
  room: Room;
  seat: Seat;
  /** Somebody hears nothing of the node of their room: whoever watches over nodes is told. */
  mediaLost: MediaLostHook;
}

export type MediaLostHook = (room: Room, seat: Seat, loss: MediaLoss) => void;

/** By a client's word alone: it may be wrong, or lie. */
export interface MediaLoss {
  direction: 'publish' | 'subscribe';
  silenceMs: number;
  failedChecks: number;
  /** For the standby, if they were given one. */
  ticket: string | null;
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
