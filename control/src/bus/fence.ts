import { checkEpoch } from './limits.js';

/**
 * A fencing token: which of the things that a key names one after the other, and which owner of it.
 * Each of them counts its epochs anew, so those of two say nothing of each other.
 */
export interface Fence {
  /** A UUIDv7 as text, of small letters: of two the greater is the later one. */
  id: string;
  epoch: number;
}

export function isLater(one: Fence, other: Fence): boolean {
  return one.id === other.id ? one.epoch > other.epoch : one.id > other.id;
}

/** @throws RangeError for an epoch that is none. */
export function checkFence({ epoch }: Fence): void {
  checkEpoch(epoch);
}
