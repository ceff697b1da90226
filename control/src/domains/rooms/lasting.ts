import type { Queryable } from '../../store/database.js';
import type { Shown } from './floor.js';
import { changeRoom, changeSeat } from './repository.js';
import type { Room } from './room.js';
import type { Seat } from './seat.js';

/** What hosts have said of somebody's sources. Resolves when it is durable. */
export function writeHolds(room: Room, seat: Seat): Promise<void> {
  const key = { meetingId: room.key.meetingId, participantId: seat.id };
  const mutedByHost = [...seat.mutedByHost];
  const effect = (tx: Queryable) => changeSeat(tx, key, { mutedByHost });
  const committed = () => {
    seat.durablyMuted = new Set(mutedByHost);
  };
  const payload = { muted_by_host: mutedByHost };
  return room.record('participant.updated', seat.id, payload, { effect, committed });
}

/** What those who wait are told. Resolves when it is durable. */
export function writeLobbyMessage(room: Room, by: string | null, body: string): Promise<void> {
  const effect = (tx: Queryable) => changeRoom(tx, room.key, { lobbyMessage: body });
  return room.record('meeting.lobby_message', by, {}, { effect });
}

/** Who is on the stage, with what: publications have other ids after a restart. */
export function writeSpotlight(room: Room): void {
  const shown = room.floor.spotlight.flatMap((id): Shown[] => {
    const publication = room.publications.get(id);
    if (publication === undefined) return [];
    const { participant_id, source } = publication;
    return [{ participant_id, source }];
  });
  const spotlight = [...shown, ...room.floor.awaited];
  const effect = (tx: Queryable) => changeRoom(tx, room.key, { spotlight });
  room
    .record('meeting.spotlight', null, { publication_ids: room.floor.spotlight }, { effect })
    .catch((error) => room.context.report(error, 'write the spotlight'));
}
