import { ControlError } from '../../control-error.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import type { Queryable } from '../../store/database.js';
import { type Identity, type Room, type Seat, write } from '../rooms/service.js';
import { type Moderator, requireHost, targetOf } from './moderator.js';
import { insertBlock } from './repository.js';

/**
 * Puts somebody out at once; resolves when that is durable. With `block` the account, the personal
 * invite, the device and the ingest key are kept out: every seat of theirs ends, unused join tokens
 * too, and a new join is refused until a host lifts the block.
 * @throws ControlError `role_required`, `forbidden` (oneself), `unknown_participant`.
 */
export async function remove(
  room: Room,
  by: Moderator,
  wanted: ClientPayloads['mod.remove'],
  commandId?: string,
): Promise<void> {
  const command =
    commandId === undefined || by.id === null
      ? {}
      : { command: { participantId: by.id, id: commandId } };
  if (!room.seats.has(wanted.participant_id)) {
    return removedBefore(room, by, wanted.participant_id, command);
  }
  const target = targetOf(room, by, wanted.participant_id);
  if (target.id === by.id) throw new ControlError('forbidden', 'Leave instead.');
  const seats = wanted.block ? seatsOf(room, target) : [target];
  const block = blocking(room, by, target);
  const detail = { blocked: wanted.block };
  const released = seats.map((seat) => {
    seat.emit(write('moderated', { action: 'removed', by: by.id, detail }));
    const also = seat === target ? { ...command, ...(wanted.block ? { effect: block } : {}) } : {};
    const durable = room.release(seat, 'removed', also);
    seat.close('removed');
    return durable;
  });
  if (wanted.block) released.push(...dismissed(room, target));
  await Promise.all(released);
}

/** Nobody of that id is there: well so, if this very command has put them out before a crash. */
function removedBefore(
  room: Room,
  by: Moderator,
  participantId: string,
  command: Parameters<Room['record']>[3],
): Promise<void> {
  requireHost(by);
  const effect = async () => {
    throw new ControlError('unknown_participant', 'There is no such participant.');
  };
  return room.record('participant.removed', participantId, {}, { ...command, effect });
}

/** Whoever of them waits in the lobby goes too. */
function dismissed(room: Room, target: Seat): Promise<void>[] {
  return room.lobby.seats
    .filter((seat) => isSame(seat.identity, target.identity))
    .map((seat) => {
      const durable = room.dismiss(seat.id, 'removed');
      seat.close('removed');
      return durable;
    });
}

function blocking(room: Room, by: Moderator, target: Seat): (tx: Queryable) => Promise<void> {
  const { clock, ids } = room.context;
  const block = {
    ...target.identity,
    meetingId: room.key.meetingId,
    blockId: ids.next(),
    participantId: target.id,
    displayName: target.participant.name,
    createdBy: by.id,
    at: new Date(clock.now()),
  };
  return (tx) => insertBlock(tx, block);
}

function seatsOf(room: Room, target: Seat): Seat[] {
  return [...room.seats.values()].filter(
    (seat) => seat === target || isSame(seat.identity, target.identity),
  );
}

function isSame(one: Identity, other: Identity): boolean {
  if (one.userId !== null && one.userId === other.userId) return true;
  return one.deviceHash !== null && other.deviceHash !== null
    ? one.deviceHash.equals(other.deviceHash)
    : false;
}
