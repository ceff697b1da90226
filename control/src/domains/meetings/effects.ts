import type { Policy } from '../../schemas/values.js';
import { type EffectKind, effectKind } from '../../store/effects.js';
import { markEnded, mergePolicy } from './door-repository.js';
import { markStarted } from './repository.js';

interface Changed {
  meetingId: string;
  at: number;
}

/** The first room of a meeting is open. */
export const meetingStarted = effectKind<Changed>('meeting.started', (tx, { meetingId, at }) =>
  markStarted(tx, meetingId, new Date(at)),
);

/** The meeting is over; a persistent one has only had one of its rooms. */
export const meetingEnded = effectKind<Changed>('meeting.ended', (tx, { meetingId, at }) =>
  markEnded(tx, meetingId, new Date(at)),
);

/** What a host changed from inside of the room. */
export const policyChanged = effectKind<Changed & { change: Partial<Policy> }>(
  'policy.changed',
  (tx, { meetingId, change, at }) => mergePolicy(tx, meetingId, change, new Date(at)),
);

export const meetingEffects: readonly EffectKind[] = [meetingStarted, meetingEnded, policyChanged];
