import { type EffectKind, effectKind } from '../../store/effects.js';
import type { Answer } from './consent.js';
import * as repository from './live-repository.js';
import type { LiveState } from './live-states.js';

/** How it goes on. */
export const recordingChanged = effectKind<{
  meetingId: string;
  recordingId: string;
  status: LiveState;
  isPaused: boolean;
  reason: string | null;
  recordedMs: number;
  startedAt: number | null;
}>('recording.changed', (tx, { startedAt, ...change }) =>
  repository.changeLive(tx, {
    ...change,
    startedAt: startedAt === null ? null : new Date(startedAt),
  }),
);

/** It goes on no more: that holds whoever has the room by then. */
export const recordingEnded = effectKind<{
  meetingId: string;
  recordingId: string;
  recordedMs: number;
  failure: string | null;
  refusedTake: number | null;
  at: number;
}>(
  'recording.ended',
  (tx, { at, ...end }) => repository.endLive(tx, { ...end, at: new Date(at) }),
  { isLasting: true },
);

/** Somebody was told, asked, or has answered. */
export const consentNoted = effectKind<{
  recordingId: string;
  participantId: string;
  name: string;
  userId: string | null;
  accepted: Answer;
  textVersion: string;
  at: number;
}>(
  'consent.noted',
  (tx, { at, ...consent }) => repository.writeConsent(tx, { ...consent, at: new Date(at) }),
  { isLasting: true },
);

export const recordingEffects: readonly EffectKind[] = [
  recordingChanged,
  recordingEnded,
  consentNoted,
];
