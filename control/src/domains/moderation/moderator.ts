import { ControlError } from '../../control-error.js';
import type { Role } from '../../schemas/values.js';
import { isHost, type Room, type Seat } from '../rooms/service.js';

/** Who acts on others: somebody in the room, or an account over HTTP. */
export interface Moderator {
  /** Their participant; null: an account that acts from outside. */
  id: string | null;
  /** At the act, not at the login. */
  role: Role;
}

export function moderatorOf(seat: Seat): Moderator {
  return { id: seat.id, role: seat.participant.role };
}

/** @throws ControlError `role_required`. */
export function requireHost({ role }: Moderator): void {
  if (!isHost(role)) throw new ControlError('role_required', 'Only hosts may do this.');
}

/**
 * Whom it is about. Hosts answer to hosts only.
 * @throws ControlError `role_required`, `unknown_participant`.
 */
export function targetOf(room: Room, moderator: Moderator, participantId: string): Seat {
  requireHost(moderator);
  const target = room.seats.get(participantId);
  if (target === undefined) {
    throw new ControlError('unknown_participant', 'There is no such participant.');
  }
  if (target.participant.role === 'host' && moderator.role !== 'host') {
    throw new ControlError('role_required', 'A host answers to hosts only.');
  }
  return target;
}
