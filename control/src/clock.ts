/** Time as control sees it. Injected everywhere, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970, for what is shown, signed or stored. */
  now(): number;
  /** Never jumps; milliseconds from an arbitrary start, for durations and limits. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`; the returned function calls it off. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** RFC 3339 in UTC with milliseconds. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
