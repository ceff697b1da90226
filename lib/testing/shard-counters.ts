/** Counters of media threads as a test wants them. */
import {
  CONTRACT_VERSION,
  decodeStats,
  encodeStats,
  type ShardStats,
} from '../engine/contract.gen.js';
import type { FakeEngine } from '../engine/fake-engine.js';

/** From now on the engine tells these counters, all others zero; nothing of transports or streams. */
export function tellCounters(engine: FakeEngine, ...shards: Partial<ShardStats>[]): void {
  const stats = decodeStats(Float64Array.of(CONTRACT_VERSION, 0, shards.length, 0, 0, 0));
  for (const [index, counters] of shards.entries()) {
    Object.assign(stats.shards[index] as object, { shard: index, ...counters });
  }
  engine.readStats = (buffer) => {
    const values = encodeStats(stats);
    buffer.set(values.subarray(0, buffer.length));
    return values.length;
  };
}
