import { isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import { publicationsOf, type Room, type Seat, seatChanged, write } from '../rooms/service.js';
import type { Act } from './media.js';
import { type Moderator, requireHost, targetOf } from './moderator.js';

/** Hands and spotlight: who asks to speak, and whom everybody sees. */
export const stage = {
  /** One's own hand. Shown at once, written soon. */
  setHand(room: Room, seat: Seat, raised: boolean): void {
    const at = room.context.clock.now();
    const changed = raised ? room.floor.raise(seat.id, at) : room.floor.lower([seat.id]).length > 0;
    if (changed) writeHand(room, seat.id, raised ? at : null);
  },

  /** @throws ControlError `role_required`, `unknown_participant`. */
  lowerHands(room: Room, by: Moderator, wanted: ClientPayloads['mod.lower_hand']): void {
    requireHost(by);
    const targets =
      'all' in wanted ? [...room.seats.values()] : [targetOf(room, by, wanted.participant_id)];
    for (const id of room.floor.lower(targets.map((seat) => seat.id))) {
      writeHand(room, id, null);
      const seat = room.seats.get(id);
      seat?.emit(write('moderated', { action: 'hand_lowered', by: by.id, detail: {} }));
    }
  },

  /** The whole list. @throws ControlError `role_required`, `unknown_publication`. */
  spotlight(room: Room, by: Moderator, publicationIds: readonly string[]): void {
    requireHost(by);
    for (const id of publicationIds) {
      if (room.publications.get(id)?.kind !== 'video') {
        throw new ControlError('unknown_publication', 'There is no such picture.');
      }
    }
    room.floor.show(publicationIds);
  },
};

/**
 * Somebody's screen while one is shared, else their camera; or none of theirs any more. Checks it;
 * nothing is done until the returned act is called.
 * @throws ControlError `role_required`, `unknown_participant`, `unknown_publication`.
 */
export function prepareSpotlight(
  room: Room,
  by: Moderator,
  participantId: string,
  isShown: boolean,
): Act {
  requireHost(by);
  const seat = room.seats.get(participantId);
  if (seat === undefined) {
    throw new ControlError('unknown_participant', 'There is no such participant.');
  }
  const theirs = publicationsOf(room, seat).filter(({ kind }) => kind === 'video');
  const ids = theirs.map(({ publication_id }) => publication_id);
  const best = theirs.find(({ source }) => source === 'screen') ?? theirs[0];
  if (isShown && best === undefined) {
    throw new ControlError('unknown_publication', 'There is no picture.');
  }
  return async () => {
    const others = room.floor.spotlight.filter((id) => !ids.includes(id));
    room.floor.show([...others, ...(isShown && best ? [best.publication_id] : [])]);
  };
}

function writeHand(room: Room, participantId: string, at: number | null): void {
  const seat = { meetingId: room.key.meetingId, participantId };
  const handAt = at === null ? null : isoTime(at);
  const effects = [seatChanged({ seat, change: { handAt } })];
  room
    .record('participant.updated', participantId, { hand_raised: at !== null }, { effects })
    .catch((error) => room.context.report(error, 'write a hand'));
}
