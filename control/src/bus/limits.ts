/** @throws RangeError for a life that is no whole number of milliseconds, at least one. */
export function checkLife(lifeMs: number): void {
  if (!Number.isSafeInteger(lifeMs) || lifeMs < 1) throw new RangeError(`lifeMs: ${lifeMs}`);
}

/** @throws RangeError for what Lua's numbers cannot compare exactly. */
export function checkEpoch(epoch: number): void {
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError(`epoch: ${epoch}`);
}
