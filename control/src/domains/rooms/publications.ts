import { isDeepStrictEqual } from 'node:util';
import type { Publication } from '../../schemas/values.js';
import { holdSilence, muteByHost } from './rights.js';
import type { Room } from './room.js';
import { type Seat, write } from './seat.js';

/** It was published before the room moved, and is published anew: for the others it was never gone. */
export function comesAgain(room: Room, shown: Publication): void {
  const known = room.publications.get(shown.publication_id);
  if (known === undefined) return;
  Object.assign(known, { codec: shown.codec });
  keepMuted(room, known);
  update(room, known, { muted: shown.muted, layers: shown.layers });
}

export function update(
  room: Room,
  publication: Publication,
  { muted, layers }: Pick<Publication, 'muted' | 'layers'>,
): void {
  const changes = {
    ...(publication.muted === muted ? {} : { muted }),
    ...(isDeepStrictEqual(publication.layers, layers) ? {} : { layers }),
  };
  if (Object.keys(changes).length === 0) return;
  Object.assign(publication, changes);
  const { publication_id } = publication;
  room.broadcast('publication.updated', { publication_id, ...changes });
  if (changes.muted) fellSilent(room, publication);
}

export function remove(room: Room, publicationId: string, reason: string): void {
  const publication = room.publications.get(publicationId);
  if (publication === undefined) return;
  room.publications.delete(publicationId);
  room.broadcast('publication.removed', { publication_id: publicationId, reason });
  room.floor.publicationEnded(publicationId);
  if (byThemselves.includes(reason)) fellSilent(room, publication);
  const { participant_id, publication_id } = publication;
  note(room, 'publication.removed', participant_id, { publication_id, reason });
}

/** What they publish is known, and is to be published anew on another node, under the present epoch. */
export function awaitOf(room: Room, seats: readonly Seat[]): void {
  const ids = new Set(seats.map(({ id }) => id));
  for (const { publication_id, participant_id } of room.publications.values()) {
    if (ids.has(participant_id)) room.awaited.set(publication_id, room.key.epoch);
  }
}

/** What was not published anew since a move is gone; what another move awaits has time yet. */
export function forgetAwaitedSince(room: Room, epoch: number, reason: string): void {
  if (room.isClosed) return;
  for (const [id, since] of room.awaited) if (since === epoch) forgetAwaited(room, id, reason);
}

/** What a participant has not published anew is gone. */
export function forgetAwaitedOf(room: Room, participantId: string, reason: string): void {
  for (const id of room.awaited.keys()) {
    const owner = room.publications.get(id)?.participant_id;
    if (owner === participantId) forgetAwaited(room, id, reason);
  }
}

/** @returns whether it was awaited. */
export function forgetAwaited(room: Room, publicationId: string, reason: string): boolean {
  if (!room.awaited.delete(publicationId)) return false;
  remove(room, publicationId, reason);
  return true;
}

/** What a host has switched off stays off, also when it is published anew. */
export function keepMuted(room: Room, { participant_id, source }: Publication): void {
  const seat = room.seats.get(participant_id);
  if (!seat?.mutedByHost.has(source)) return;
  muteByHost(room, seat, source).catch((error) => room.context.report(error, 'mute'));
  seat.emit(write('moderated', { action: 'muted', by: null, detail: { source } }));
}

/** Why a publication ends that its publisher takes away; else the person, or its path, is gone. */
const byThemselves = ['removed', 'ended'];

export function fellSilent(room: Room, { participant_id, source }: Publication): void {
  const seat = room.seats.get(participant_id);
  if (seat !== undefined && source === 'microphone') holdSilence(room, seat);
}

export function note(room: Room, type: string, participantId: string, payload: object): void {
  room.record(type, participantId, payload).catch((error) => room.context.report(error, type));
}
