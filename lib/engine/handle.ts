/**
 * Names an object inside the engine: `index + generation × 2^32 + shard × 2^48`, so that it stays an
 * exact number (shard < 32). Chosen by JavaScript; `generation` moves on when an index is reused, so
 * that a late command cannot hit the successor.
 */
export type Handle = number & { readonly __handle: unique symbol };

/** Shards that a handle can name; also the most media threads of one engine. */
export const MAX_SHARDS = 32;

const GENERATION_UNIT = 2 ** 32;
const SHARD_UNIT = 2 ** 48;

/** The handle that names nothing (in `audioLevels.dominant`: nobody speaks). */
export const NO_HANDLE = 0xffffffff as Handle;

/** @throws RangeError when a part is out of range: index < 2^32, generation < 2^16, shard < 32. */
export function makeHandle(index: number, generation: number, shard: number): Handle {
  if (
    !isBelow(index, GENERATION_UNIT) ||
    !isBelow(generation, 2 ** 16) ||
    !isBelow(shard, MAX_SHARDS)
  ) {
    throw new RangeError(`no handle: index ${index}, generation ${generation}, shard ${shard}`);
  }
  return (index + generation * GENERATION_UNIT + shard * SHARD_UNIT) as Handle;
}

export function indexOf(handle: Handle): number {
  return handle % GENERATION_UNIT;
}

export function generationOf(handle: Handle): number {
  return Math.floor(handle / GENERATION_UNIT) % 2 ** 16;
}

export function shardOf(handle: Handle): number {
  return Math.floor(handle / SHARD_UNIT);
}

function isBelow(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit;
}
