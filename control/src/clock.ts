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

const dateTime = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
/** 9999-12-31T23:59:59.999Z: later has no four digits for its year. */
const lastTime = 253_402_300_799_999;

/**
 * Milliseconds since 1970 of an RFC 3339 §5.6 date-time, with any offset; null for everything else:
 * a day that its month does not have, a leap second, a year before 1970.
 */
export function parseTime(text: string): number | null {
  const [, year, month, day] = (dateTime.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return null;
  const at = Date.parse(text.toUpperCase());
  const daysOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return at >= 0 && at <= lastTime && day >= 1 && day <= daysOfMonth ? at : null;
}
