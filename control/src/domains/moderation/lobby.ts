import { ControlError } from '../../control-error.js';
import type { Those } from '../../schemas/values.js';
import {
  type Room,
  type RoomsService,
  textOf,
  write,
  writeLobbyMessage,
} from '../rooms/service.js';
import { type Moderator, requireHost } from './moderator.js';

/** What hosts do about those who wait. */
export class LobbyModeration {
  constructor(private readonly rooms: RoomsService) {}

  /** @throws ControlError `role_required`, `unknown_participant` when none of them waits. */
  async admit(room: Room, by: Moderator, those: Those): Promise<void> {
    const chosen = choose(room, by, those);
    await Promise.all(
      chosen.map(async (id) => {
        if (room.lobby.admitProgram(id)) return;
        await this.rooms.entrance.admit(room, id, { by: by.id });
      }),
    );
  }

  /** Sends them away; they may ask again. @throws ControlError as `admit`. */
  async deny(room: Room, by: Moderator, those: Those): Promise<void> {
    const chosen = choose(room, by, those);
    await Promise.all(
      chosen.map(async (id) => {
        if (room.lobby.denyProgram(id)) return;
        const seat = room.lobby.find(id)?.seat;
        const detail = 'A host did not let you in.';
        seat?.outlet?.send(textOf(write('error', { code: 'join_refused', detail, fatal: true })));
        const durable = room.dismiss(id, 'removed');
        seat?.close('removed');
        await durable;
      }),
    );
  }

  /** To all who wait, and who will. @throws ControlError `role_required`. */
  async say(room: Room, by: Moderator, body: string): Promise<void> {
    requireHost(by);
    room.lobby.say(body);
    await writeLobbyMessage(room, by.id, body);
  }
}

function choose(room: Room, by: Moderator, those: Those): string[] {
  requireHost(by);
  const waiting = room.lobby.list().map(({ participant_id }) => participant_id);
  if ('all' in those) return waiting;
  const chosen = those.participant_ids.filter((id) => waiting.includes(id));
  if (chosen.length === 0) {
    throw new ControlError('unknown_participant', 'Nobody of that name waits.');
  }
  return chosen;
}
