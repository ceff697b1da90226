/** The server's time, for "waits for 2 min": this computer's clock may be wrong by hours. */
let aheadMs = 0;

export function learnServerTime(rfc3339: string): void {
  const at = Date.parse(rfc3339);
  if (Number.isFinite(at)) aheadMs = at - Date.now();
}

/** Milliseconds since then, by the server's clock; never negative. */
export function passedSince(rfc3339: string): number {
  return Math.max(0, Date.now() + aheadMs - Date.parse(rfc3339));
}

/** By the server's clock. */
export function isPast(rfc3339: string): boolean {
  return passedSince(rfc3339) > 0;
}
