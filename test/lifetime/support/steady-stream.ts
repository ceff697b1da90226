/**
 * A stream of RTP that another thread sends to a node and gets back from it, at an even pace whatever
 * this thread does: how a test sees what happens while JavaScript stalls.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What both threads see; the stream's thread writes all but `stall` and `leastMs`. */
export const CELL = {
  /** Number of the stall that has begun last. */
  stall: 0,
  /** How long it is to last at least. */
  leastMs: 1,
  /** Number of the stall that may end: every packet that was sent in it has come back. */
  over: 2,
  /** Packets sent and come back in the stall. */
  sent: 3,
  returned: 4,
  slowestUs: 5,
  /** Packets that came twice, late or never. */
  strays: 6,
} as const;

export interface Ports {
  sender: number;
  receiver: number;
}

/** How a thread can do nothing: asleep in a call, or busy. */
export type Manner = 'asleep' | 'busy';

export interface Stall {
  /** How long JavaScript did nothing. */
  ms: number;
  sent: number;
  /** Of those, the ones that had not come back when patience ended. */
  delayed: number;
  slowestUs: number;
}

/** A stall ends when it has lasted and every packet is back, or after this: then some are delayed. */
const PATIENCE_MS = 15_000;

export class SteadyStream {
  readonly #cells = new Int32Array(
    new SharedArrayBuffer(Object.keys(CELL).length * Int32Array.BYTES_PER_ELEMENT),
  );
  readonly #worker = new Worker(new URL('./steady-stream-worker.js', import.meta.url), {
    workerData: this.#cells,
  });

  /** The UDP ports of 127.0.0.1 that it sends from and is sent to. */
  async ports(): Promise<Ports> {
    const [ports] = (await once(this.#worker, 'message')) as [Ports];
    return ports;
  }

  /** Begins to send; resolves when the first packet has come back. */
  async begin(node: { address: string; port: number }): Promise<void> {
    this.#worker.postMessage(node);
    await once(this.#worker, 'message');
  }

  /** Blocks this thread. Nothing of JavaScript runs on it before every packet is back. */
  stall(leastMs: number, manner: Manner): Stall {
    const cells = this.#cells;
    const begin = performance.now();
    Atomics.store(cells, CELL.leastMs, leastMs);
    const number = Atomics.add(cells, CELL.stall, 1) + 1;
    if (manner === 'asleep') Atomics.wait(cells, CELL.over, number - 1, PATIENCE_MS);
    else while (!this.#isOver(number) && performance.now() - begin < PATIENCE_MS);
    const sent = Atomics.load(cells, CELL.sent);
    return {
      ms: performance.now() - begin,
      sent,
      delayed: this.#isOver(number) ? 0 : Math.max(1, sent - Atomics.load(cells, CELL.returned)),
      slowestUs: Atomics.load(cells, CELL.slowestUs),
    };
  }

  get strays(): number {
    return Atomics.load(this.#cells, CELL.strays);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #isOver(number: number): boolean {
    return Atomics.load(this.#cells, CELL.over) === number;
  }
}
