import { ControlError } from '../../control-error.js';
import type { Moderator } from '../moderation/service.js';
import type { Room } from '../rooms/service.js';
import type { Actor } from './service.js';

/** Somebody who acts in a room that is live. */
export interface PresentActor extends Actor {
  room: Room;
  moderator: Moderator;
}

/** @throws ControlError `not_in_room` while the meeting has no room. */
export function presentActor(actor: Actor): PresentActor {
  const { room } = actor;
  if (room === undefined) throw new ControlError('not_in_room', 'The meeting is not live.');
  return { ...actor, room, moderator: moderatorFrom(actor) };
}

export function moderatorFrom({ seat, role }: Actor): Moderator {
  return { id: seat?.id ?? null, role };
}
