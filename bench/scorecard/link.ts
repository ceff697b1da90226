/**
 * The bottleneck: a capacity that changes in steps, a drop-tail queue measured in milliseconds at
 * the capacity of the moment, random loss behind it. Propagation and jitter are a `Way`'s.
 */
import type { Random } from './random.js';

export interface CapacityStep {
  readonly atUs: number;
  readonly bps: number;
}

export interface LinkOptions {
  readonly timeline: readonly CapacityStep[];
  readonly queueUs: number;
  readonly lossShare: number;
}

/** What became of one packet at the bottleneck. */
export interface Passage {
  /** How long it waited for its turn; of a dropped one: how much was in front of it. */
  readonly waitUs: number;
  /** When its last bit left; undefined: dropped, or lost behind the queue. */
  readonly departedUs: number | undefined;
}

export class Link {
  readonly options: LinkOptions;
  readonly #random: Random;
  #backlogBits = 0;
  #drainedUs = 0;
  #step = 0;

  constructor(options: LinkOptions, random: Random) {
    this.options = options;
    this.#random = random;
  }

  capacityBps(atUs: number): number {
    let bps = 0;
    for (const step of this.options.timeline) if (step.atUs <= atUs) bps = step.bps;
    return bps;
  }

  /** One packet; calls must be in the order of time. */
  pass(atUs: number, bytes: number): Passage {
    this.#drain(atUs);
    const waitUs = (1e6 * this.#backlogBits) / this.#bps;
    if (waitUs > this.options.queueUs) return { waitUs, departedUs: undefined };
    const startUs = this.#finishUs(this.#backlogBits);
    this.#backlogBits += 8 * bytes;
    const departedUs = this.#finishUs(this.#backlogBits);
    const isLost = this.options.lossShare > 0 && this.#random.uniform() < this.options.lossShare;
    return { waitUs: startUs - atUs, departedUs: isLost ? undefined : departedUs };
  }

  get #bps(): number {
    return this.options.timeline[this.#step]?.bps ?? 1;
  }

  #drain(untilUs: number): void {
    for (;;) {
      const nextUs = this.options.timeline[this.#step + 1]?.atUs ?? Number.POSITIVE_INFINITY;
      const endUs = Math.min(untilUs, nextUs);
      const drained = (this.#bps * (endUs - this.#drainedUs)) / 1e6;
      this.#backlogBits = Math.max(0, this.#backlogBits - drained);
      this.#drainedUs = endUs;
      if (nextUs > untilUs) return;
      this.#step += 1;
    }
  }

  /** When so many bits from now on are through. */
  #finishUs(bits: number): number {
    const { timeline } = this.options;
    let [atUs, left] = [this.#drainedUs, bits];
    for (let step = this.#step; ; step += 1) {
      const bps = timeline[step]?.bps ?? 1;
      const nextUs = timeline[step + 1]?.atUs ?? Number.POSITIVE_INFINITY;
      const doneUs = atUs + (1e6 * left) / bps;
      if (doneUs <= nextUs) return doneUs;
      left -= (bps * (nextUs - atUs)) / 1e6;
      atUs = nextUs;
    }
  }
}

/** NR-BPDV, one-sided with `sigmaUs`, or evenly spread around the delay; zero: none of it. */
export interface Jitter {
  readonly sigmaUs: number;
  readonly halfWidthUs: number;
}

/** One flow's way behind a bottleneck: delay and jitter, never out of order. */
export class Way {
  #arrivedUs = 0;

  constructor(
    private readonly delayUs: number,
    private readonly jitter: Jitter,
    private readonly random: Random,
  ) {}

  arrivalUs(departedUs: number): number {
    const arrival = departedUs + this.delayUs + this.#jitterUs();
    this.#arrivedUs = Math.max(this.#arrivedUs, Math.round(arrival));
    return this.#arrivedUs;
  }

  #jitterUs(): number {
    const { sigmaUs, halfWidthUs } = this.jitter;
    if (halfWidthUs > 0) return halfWidthUs * (2 * this.random.uniform() - 1);
    if (sigmaUs === 0) return 0;
    for (;;) {
      const z = Math.abs(this.random.normal());
      if (z <= 3) return z * sigmaUs;
    }
  }
}
