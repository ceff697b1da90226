import { ControlError } from '../../control-error.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import { type Identity, type Room, type Seat, write } from '../rooms/service.js';
import { blockMade } from './effects.js';
import { type Moderator, requireHost, targetOf } from './moderator.js';

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
  if (!wanted.block) return putOut(room, by, target, command);
  const block = blockOf(room, by, target);
  room.blocks.push(block);
  const others = () => alikeIn(room, target).map((seat) => putOut(room, by, seat, isBlocked));
  const written = putOut(room, by, target, {
    ...isBlocked,
    ...command,
    effects: [blockMade(block)],
    // Whoever of them came in meanwhile.
    committed: () => {
      Promise.all(others()).catch((error) => room.context.report(error, 'put somebody out'));
    },
  });
  await Promise.all([written, ...others()]);
}

interface Removal extends NonNullable<Parameters<Room['release']>[2]> {
  blocked?: boolean;
}

const isBlocked: Removal = { blocked: true };

function putOut(
  room: Room,
  by: Moderator,
  seat: Seat,
  { blocked = false, ...also }: Removal,
): Promise<void> {
  seat.emit(write('moderated', { action: 'removed', by: by.id, detail: { blocked } }));
  const durable = room.release(seat, 'removed', also);
  seat.close('removed');
  return durable;
}

/** Nobody of that id is there: well so, if this very command has put them out before a crash. */
function removedBefore(
  room: Room,
  by: Moderator,
  participantId: string,
  command: Parameters<Room['record']>[3],
): Promise<void> {
  requireHost(by);
  const within = async () => {
    throw new ControlError('unknown_participant', 'There is no such participant.');
  };
  return room.record('participant.removed', participantId, {}, { ...command, within });
}

function blockOf(room: Room, by: Moderator, target: Seat): Parameters<typeof blockMade>[0] {
  const { clock, ids } = room.context;
  return {
    ...target.identity,
    meetingId: room.key.meetingId,
    blockId: ids.next(),
    participantId: target.id,
    displayName: target.participant.name,
    createdBy: by.id,
    at: clock.now(),
  };
}

/** Their other seats, and whoever of them waits in the lobby. */
function alikeIn(room: Room, target: Seat): Seat[] {
  return [...room.seats.values(), ...room.lobby.seats].filter(
    (seat) => seat !== target && isSame(seat.identity, target.identity),
  );
}

function isSame(one: Identity, other: Identity): boolean {
  if (one.userId !== null && one.userId === other.userId) return true;
  return one.deviceHash !== null && one.deviceHash === other.deviceHash;
}
