import { roomChanged, seatChanged } from './effects.js';
import type { Shown } from './floor.js';
import type { Room } from './room.js';
import type { Seat } from './seat.js';

/** What hosts have said of somebody's sources. Resolves when it is durable. */
export function writeHolds(room: Room, seat: Seat): Promise<void> {
  const mutedByHost = [...seat.mutedByHost];
  const effects = [seatChanged({ seat: room.keyOf(seat), change: { mutedByHost } })];
  const committed = () => {
    seat.durablyMuted = new Set(mutedByHost);
  };
  const payload = { muted_by_host: mutedByHost };
  return room.record('participant.updated', seat.id, payload, { effects, committed });
}

/** What those who wait are told. Resolves when it is durable. */
export function writeLobbyMessage(room: Room, by: string | null, body: string): Promise<void> {
  const effects = [roomChanged({ room: room.key, change: { lobbyMessage: body } })];
  return room.record('meeting.lobby_message', by, {}, { effects });
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
  const effects = [roomChanged({ room: room.key, change: { spotlight } })];
  room
    .record('meeting.spotlight', null, { publication_ids: room.floor.spotlight }, { effects })
    .catch((error) => room.context.report(error, 'write the spotlight'));
}
