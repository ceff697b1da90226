import { type KeptAnswer, writeAnswer } from '../../idempotency.js';
import { type EffectKind, effectKind } from '../../store/effects.js';
import { countUses } from '../meetings/service.js';
import { type NewSeat, reserveSeats } from '../rooms/service.js';

/** Somebody has a join token: their seat, the use of their invite, the answer they had. */
export const admissionGiven = effectKind<{
  seat: Omit<NewSeat, 'createdAt'> & { createdAt: number };
  /** By an invite that has not counted them yet. */
  isCounted: boolean;
  answer: KeptAnswer;
}>('admission.given', async (tx, { seat: { createdAt, ...seat }, isCounted, answer }) => {
  const { meetingId, inviteId } = seat;
  const reserved = await reserveSeats(tx, [{ ...seat, createdAt: new Date(createdAt) }]);
  if (reserved === 0) return;
  if (isCounted && inviteId !== null) await countUses(tx, [{ meetingId, inviteId, wanted: 1 }]);
  await writeAnswer(tx, answer);
});

export const joinEffects: readonly EffectKind[] = [admissionGiven];
