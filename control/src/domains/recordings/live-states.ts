import type { RecordingState } from '../../schemas/values.js';

/** All that the state of a recording that goes on follows from. */
export interface LiveFacts {
  /** A host has paused it. */
  isPaused: boolean;
  /** Somebody is there who has not agreed, and all must. */
  isHeld: boolean;
  /** Something of it was recorded. */
  hasBegun: boolean;
  /** Where it is recorded: nowhere yet, or not any more; a recorder is about to; it is. */
  recorder: 'none' | 'opening' | 'there';
  /** What the recorder does without. */
  trouble: string | null;
}

export type LiveState = Exclude<RecordingState['state'], 'stopped' | 'failed'>;

/** What everybody is shown. Consent comes first: while it lacks, nothing else matters. */
export function stateOf(facts: LiveFacts): { state: LiveState; reason: string | null } {
  const { isPaused, isHeld, hasBegun, recorder, trouble } = facts;
  if (isHeld) return { state: 'waiting_consent', reason: null };
  if (isPaused) return { state: 'paused', reason: null };
  if (recorder !== 'there') {
    return hasBegun
      ? { state: 'degraded', reason: 'recorder_lost' }
      : { state: 'starting', reason: null };
  }
  return trouble === null
    ? { state: 'recording', reason: null }
    : { state: 'degraded', reason: trouble };
}

/** Nothing is written, and recorded time stands still. */
export function standsStill({ isPaused, isHeld }: Pick<LiveFacts, 'isPaused' | 'isHeld'>): boolean {
  return isPaused || isHeld;
}
