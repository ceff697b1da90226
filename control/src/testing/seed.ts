import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';

/** The seed of a property test, printed: `PLENUM_TEST_SEED=…` repeats what it found. */
export function seedOf(t: Test): number {
  const given = process.env.PLENUM_TEST_SEED;
  const seed = given === undefined ? randomBytes(4).readUInt32BE() >>> 1 : Number(given);
  t.comment(`PLENUM_TEST_SEED=${seed}`);
  return seed;
}
