import type { BucketRate, WindowLimit } from '../token-bucket.js';

/** @throws RangeError for a life that is no whole number of milliseconds, at least one. */
export function checkLife(lifeMs: number): void {
  if (!Number.isSafeInteger(lifeMs) || lifeMs < 1) throw new RangeError(`lifeMs: ${lifeMs}`);
}

/**
 * @returns after how many milliseconds a token comes back, and how many lack when all are taken.
 * @throws RangeError for a rate by which none ever comes, or a bucket that holds none.
 */
export function bucketTimes({ perSecond, burst }: BucketRate): {
  everyMs: number;
  emptyMs: number;
} {
  const everyMs = Math.ceil(1000 / perSecond);
  const emptyMs = everyMs * burst;
  if (everyMs < 1 || burst < 1 || !Number.isSafeInteger(emptyMs)) {
    throw new RangeError(`rate: ${burst}, ${perSecond} per second`);
  }
  return { everyMs, emptyMs };
}

/** @throws RangeError for a window without a place or a length. */
export function checkWindow({ count, windowMs }: WindowLimit): void {
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`count: ${count}`);
  checkLife(windowMs);
}

/** @throws RangeError for what Lua's numbers cannot compare exactly. */
export function checkEpoch(epoch: number): void {
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError(`epoch: ${epoch}`);
}
