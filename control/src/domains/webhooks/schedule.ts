/** Between two tries; hourly after the first ones, the last of them 24 hours after the first. */
const firstGapsMs = [5_000, 25_000, 90_000, 480_000, 3_000_000];
const hourMs = 3_600_000;
const hours = 24;
/** Of a gap, at most: receivers that were away are not all asked in the same moment. */
const jitter = 0.1;

/** At 0, 5 s, 30 s, 2 min, 10 min, 1 h, 2 h … 24 h. */
export const maxAttempts = firstGapsMs.length + hours;

/**
 * How long to wait after the `attempts`-th try has failed; null: that was the last one.
 * @param chance from 0 to 1.
 */
export function retryDelayMs(attempts: number, chance: number): number | null {
  if (attempts >= maxAttempts) return null;
  const gapMs = firstGapsMs[attempts - 1] ?? hourMs;
  return Math.round(gapMs * (1 + jitter * chance));
}
