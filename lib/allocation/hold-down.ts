/**
 * The pause after a downgrade before anything grows again (6.4, 4): 10 s; doubled up to 60 s while
 * upgrades keep failing; 10 s again after 30 s in which nothing was lowered, hold-downs aside.
 */

export interface HoldDown {
  readonly untilMs: number;
  /** What the steps may cost together until then. */
  readonly ceilingBps: number;
  /** Of the hold-down that lasts or was the last. */
  readonly lengthMs: number;
  /** Of the next one. */
  readonly nextLengthMs: number;
  /** When the last upgrade was made; -∞ once a downgrade was blamed on it. */
  readonly upgradedMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;
const SHORTEST_MS = 10_000;
const LONGEST_MS = 60_000;
const FORGET_MS = 30_000;
/** A downgrade so soon after an upgrade means that the upgrade failed. */
const TRIAL_MS = 10_000;

export const NO_HOLD: HoldDown = {
  untilMs: NEVER,
  ceilingBps: Number.POSITIVE_INFINITY,
  lengthMs: 0,
  nextLengthMs: SHORTEST_MS,
  upgradedMs: NEVER,
};

export function noteUpgrade(hold: HoldDown, nowMs: number): HoldDown {
  return { ...hold, upgradedMs: nowMs };
}

/** @param ceilingBps what is left after the downgrade. */
export function noteDowngrade(hold: HoldDown, ceilingBps: number, nowMs: number): HoldDown {
  const isSameFall = nowMs < hold.untilMs;
  if (isSameFall) return { ...hold, ceilingBps, untilMs: nowMs + hold.lengthMs };
  const isForgotten = nowMs >= hold.untilMs + FORGET_MS;
  const lengthMs = isForgotten ? SHORTEST_MS : hold.nextLengthMs;
  const hasFailed = nowMs - hold.upgradedMs < TRIAL_MS;
  return {
    untilMs: nowMs + lengthMs,
    ceilingBps,
    lengthMs,
    nextLengthMs: hasFailed ? Math.min(LONGEST_MS, 2 * lengthMs) : lengthMs,
    upgradedMs: NEVER,
  };
}
