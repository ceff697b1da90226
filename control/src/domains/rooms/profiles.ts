import { seatChanged } from './effects.js';
import type { Room } from './room.js';
import type { Seat } from './seat.js';

/** What is shown of an account in a room. */
export interface ProfileChange {
  formerName: string;
  name: string;
  avatarUrl: string | null;
}

/** An account shows itself otherwise: so do its seats, those in the lobby too. */
export function showProfile(room: Room, userId: string, change: ProfileChange): void {
  const isTheirs = ({ identity }: Seat) => identity.userId === userId;
  for (const seat of [...room.seats.values()].filter(isTheirs)) {
    room.broadcast('participant.updated', { id: seat.id, ...wear(room, seat, change) });
  }
  const waiting = room.lobby.seats.filter(isTheirs);
  for (const seat of waiting) wear(room, seat, change);
  if (waiting.length > 0) room.lobby.updated();
}

/** A name that was typed for this meeting stays; the account's own follows the account. */
function wear(
  room: Room,
  seat: Seat,
  { formerName, name, avatarUrl }: ProfileChange,
): { avatar_url: string | null; name?: string } {
  const { participant } = seat;
  if (avatarUrl === null) delete participant.avatar_url;
  else participant.avatar_url = avatarUrl;
  if (participant.name !== formerName || name === formerName) return { avatar_url: avatarUrl };
  participant.name = name;
  const effects = [seatChanged({ seat: room.keyOf(seat), change: { displayName: name } })];
  room
    .record('participant.updated', seat.id, {}, { effects })
    .catch((error) => room.context.report(error, 'write a name'));
  return { avatar_url: avatarUrl, name };
}
