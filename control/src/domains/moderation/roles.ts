import { ControlError } from '../../control-error.js';
import type { Role } from '../../schemas/values.js';
import { applyRights, isHost, type Room, type Seat, seatChanged, write } from '../rooms/service.js';
import type { Act } from './media.js';
import { type Moderator, targetOf } from './moderator.js';

/**
 * Gives somebody another role. A host who makes somebody else host hands the meeting over and is
 * co-host from then on. In force, and told to all, when it is durable.
 * @throws ControlError `role_required`, `unknown_participant`, `conflict` (the last host).
 */
export async function setRole(
  room: Room,
  by: Moderator,
  participantId: string,
  role: Role,
): Promise<void> {
  await prepareRole(room, by, participantId, role)();
}

/** Checks it; nothing is done until the returned act is called. @throws ControlError as `setRole`. */
export function prepareRole(room: Room, by: Moderator, participantId: string, role: Role): Act {
  const target = targetOf(room, by, participantId);
  const before = target.participant.role;
  if (before === role) return async () => {};
  if ((isHost(role) || isHost(before)) && by.role !== 'host') {
    throw new ControlError('role_required', 'Only a host makes hosts and co-hosts.');
  }
  if (before === 'host' && isLastHost(room, target)) {
    throw new ControlError('conflict', 'Make somebody else host first.');
  }
  const changes: [Seat, Role][] = [[target, role]];
  const giver = by.id === null ? undefined : room.seats.get(by.id);
  if (role === 'host' && giver !== undefined) changes.push([giver, 'co_host']);
  return () =>
    room.record(
      'participant.updated',
      target.id,
      { role, by: by.id },
      {
        effects: changes.map(([seat, to]) =>
          seatChanged({ seat: room.keyOf(seat), change: { role: to } }),
        ),
        committed: () => apply(room, by, changes),
      },
    );
}

function apply(room: Room, by: Moderator, changes: [Seat, Role][]): void {
  for (const [seat, role] of changes) {
    if (room.seats.get(seat.id) !== seat) continue;
    applyRights(room, seat, { role });
    seat.emit(write('moderated', { action: 'role', by: by.id, detail: { role } }));
  }
  room.listener.membership();
}

function isLastHost(room: Room, target: Seat): boolean {
  return ![...room.seats.values()].some(
    (seat) => seat !== target && seat.participant.role === 'host',
  );
}
