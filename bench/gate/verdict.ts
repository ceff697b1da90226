/** Whether a figure has fallen against a committed one: no I/O, no clock. */

/** The part of packets per CPU-second, beside ideal, that may be lost before the gate fails. */
export const MOST_FALL = 0.15;
/** Per packet out, once everything has its size: one in so many is growth, not the hot path. */
export const MOST_ALLOCATIONS = 1 / 10_000;

/** What one attempt gave: the median ratio to ideal, or why there is none. */
export type Attempt = { ratio: number } | { void: string };

export type Verdict =
  | { is: 'held'; ratio: number; fall: number }
  | { is: 'fell'; ratio: number; fall: number }
  | { is: 'void'; why: string }
  | { is: 'new'; ratio: number };

/**
 * What is lost of the packets per CPU-second, as a part of what was committed, with ideal's as the
 * measure; negative: more than before. Ratios are CPU time by ideal's CPU time.
 */
export function fallOf(ratio: number, committed: number): number {
  return 1 - committed / ratio;
}

/** What is said of one attempt. Without a committed result of its kind it is new. */
export function judge(attempt: Attempt, committed: number | undefined): Verdict {
  if ('void' in attempt) return { is: 'void', why: attempt.void };
  const { ratio } = attempt;
  if (committed === undefined) return { is: 'new', ratio };
  const fall = fallOf(ratio, committed);
  return { is: fall > MOST_FALL ? 'fell' : 'held', ratio, fall };
}

/** A fall and a void attempt are worth another one. */
export function isSettled({ is }: Verdict): boolean {
  return is === 'held' || is === 'new';
}

/**
 * Of both attempts. Only what fell twice has fallen, and of two that fell the smaller fall counts; a
 * fall that could not be seen again is void.
 */
export function settle(first: Verdict, second: Verdict): Verdict {
  if (isSettled(first)) return first;
  if (isSettled(second)) return second;
  if (first.is === 'fell' && second.is === 'fell') return first.fall < second.fall ? first : second;
  if (second.is === 'void') return second;
  return first.is === 'void' ? first : { is: 'void', why: 'one attempt alone fell' };
}

/** Whether the gate as a whole fails: what is void or new does not. */
export function fails(verdicts: readonly Verdict[], allocationsPerPacket: number): boolean {
  return allocationsPerPacket > MOST_ALLOCATIONS || verdicts.some(({ is }) => is === 'fell');
}

export function describe(verdict: Verdict): string {
  if (verdict.is === 'void') return `void: ${verdict.why}`;
  const ratio = `${verdict.ratio.toFixed(2)} × ideal`;
  if (verdict.is === 'new') return `${ratio}, no committed result of this kind`;
  const change = `${(-verdict.fall * 100).toFixed(0)} %`;
  return `${ratio}, ${verdict.is} (${verdict.fall > 0 ? '' : '+'}${change})`;
}
