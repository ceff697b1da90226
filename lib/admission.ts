/** When load is measured, and who is let in by it. Not public; docs/library.md, "Load". */
import type { NodeClock, SharedTimer } from './clock.js';
import type { EngineChannel } from './engine/channel.js';
import type { EngineStats } from './engine/contract.gen.js';
import { PlenumError } from './errors.js';
import type { Placement } from './placement.js';

/** How often load is measured while somebody is there. */
const INTERVAL_MS = 1000;
/** With nobody there: how old a measurement may be that lets somebody in. */
const FRESH_MS = 500;

export class Admission {
  readonly #channel: EngineChannel;
  readonly #placement: Placement;
  readonly #timer: SharedTimer;
  readonly #clock: NodeClock;
  readonly #measureAgain = () => this.#run();
  #participants = 0;
  #isRunning = false;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(channel: EngineChannel, placement: Placement, timer: SharedTimer, clock: NodeClock) {
    this.#channel = channel;
    this.#placement = placement;
    this.#timer = timer;
    this.#clock = clock;
  }

  /** One participant more; the first one starts the measuring. */
  enter(): void {
    this.#participants++;
    if (!this.#isRunning) this.#run();
  }

  /** After the last one the measuring ends at its next turn. */
  leave(): void {
    this.#participants--;
  }

  /** All counters, read once. @throws PlenumError `engine_closed`. */
  measure(): EngineStats {
    const stats = this.#channel.stats();
    this.#measuredAt = this.#clock.now();
    this.#placement.measure(stats.shards);
    return stats;
  }

  /** @throws PlenumError `no_capacity` when not all of these shards may get more to do. */
  check(shards: readonly number[]): void {
    // What was measured last may be from before everybody left.
    const isFresh = this.#clock.now() - this.#measuredAt < FRESH_MS;
    if (!this.#isRunning && !isFresh) this.measure();
    if (!this.#placement.admits(shards)) throw new PlenumError('no_capacity');
  }

  stop(): void {
    this.#timer.set(this.#measureAgain, Number.POSITIVE_INFINITY);
  }

  #run(): void {
    this.#isRunning = this.#participants > 0;
    if (!this.#isRunning) return;
    this.measure();
    this.#timer.set(this.#measureAgain, this.#clock.now() + INTERVAL_MS);
  }
}
