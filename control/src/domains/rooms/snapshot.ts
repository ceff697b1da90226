import type { Snapshot } from '../../schemas/server-messages.js';
import { isHost } from './grants.js';
import type { Room } from './room.js';
import type { Seat } from './seat.js';

/** The whole state of a room as one of its participants may see it. */
export function snapshotOf(room: Room, seat: Seat): Snapshot {
  return {
    participants: [...room.seats.values()]
      .filter((other) => other === seat || other.isAnnounced)
      .map((other) => other.participant),
    publications: [...room.publications.values()],
    hands: room.floor.hands,
    spotlight: [...room.floor.spotlight],
    ...(isHost(seat.participant.role) ? { lobby: room.lobby.list() } : {}),
    recording: room.recorder.stateFor(seat),
    last_messages: room.messagesFor(seat),
  };
}
