/** Chooses handles for one kind of object, so that creating one needs no answer of the engine. */
import { generationOf, type Handle, indexOf, makeHandle, shardOf } from './handle.js';

const GENERATIONS = 2 ** 16;

export class HandleAllocator {
  readonly #shards = new Map<number, { next: number; free: Handle[] }>();

  /** An index is taken again under its next generation: late words about it find nobody. */
  allocate(shard: number): Handle {
    const state = this.#shards.get(shard) ?? { next: 0, free: [] };
    this.#shards.set(shard, state);
    const freed = state.free.pop();
    if (freed === undefined) return makeHandle(state.next++, 0, shard);
    return makeHandle(indexOf(freed), (generationOf(freed) + 1) % GENERATIONS, shard);
  }

  /** Call after the close command was handed over: commands of one shard keep their order. */
  release(handle: Handle): void {
    this.#shards.get(shardOf(handle))?.free.push(handle);
  }
}
