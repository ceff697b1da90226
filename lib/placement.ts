/** Which shard serves whom: a choice by load. Knows no engine and no clock. Not public. */
import { CostModel, type Measured } from './cost-model.js';

/** `together`: see `Placement.forParticipant`. `apart`: everybody on the least loaded shard. */
export type PlacementPolicy = 'together' | 'apart';

/** Of a core: what a participant is taken to cost before anybody has measured; and an open room. */
const EXPECTED_COST = 0.005;
/**
 * A participant stays with its room while the shard is busier than the least loaded one by no more
 * than this, of a core. Lower splits small rooms, whose media then has to cross; higher loads
 * shards unevenly.
 */
const STAY_MARGIN = 0.08;
/**
 * Whoever has come since the last measurement counts for no more than this part of what a shard may
 * take: a crowd that comes to an idle node is let in.
 */
const EXPECTED_PART = 0.5;

interface Shard {
  /** Participants and rooms. */
  served: number;
  /** `served` at the last measurement. */
  servedThen: number;
}

export class Placement {
  readonly #shards: Map<number, Shard>;
  readonly #policy: PlacementPolicy;
  /** What was measured; the one source of it. */
  readonly cost: CostModel;

  constructor(
    shards: readonly number[],
    policy: PlacementPolicy = 'together',
    cost = new CostModel(shards),
  ) {
    this.#shards = new Map(shards.map((shard) => [shard, { served: 0, servedThen: 0 }]));
    this.#policy = policy;
    this.cost = cost;
  }

  /** A room or a participant is served from now on. */
  enter(shard: number): void {
    this.#of(shard).served++;
  }

  leave(shard: number): void {
    this.#of(shard).served--;
  }

  /** Counters that were read, whenever they are. */
  measure(rows: readonly Measured[]): void {
    for (const number of this.cost.measure(rows)) {
      const shard = this.#of(number);
      shard.servedThen = shard.served;
    }
  }

  /**
   * Of a core: what was measured and who has come since, but no less than what as many usually
   * take: who has just come sends nothing yet.
   */
  load(shard: number): number {
    const { served, servedThen } = this.#of(shard);
    const measured = this.cost.busy(shard) + (served - servedThen) * EXPECTED_COST;
    return Math.max(measured, served * EXPECTED_COST);
  }

  /** For a new room. */
  leastLoaded(): number {
    const [first = 0, ...others] = this.#shards.keys();
    return others.reduce(
      (best, shard) => (this.load(shard) < this.load(best) ? shard : best),
      first,
    );
  }

  /** With its room, unless that shard is much busier than another: then there. */
  forParticipant(home: number): number {
    const least = this.leastLoaded();
    if (this.#policy === 'apart') return least;
    // Sums of fractions are not exact: a margin that is just reached still counts as kept.
    return this.load(home) - this.load(least) < STAY_MARGIN + EXPECTED_COST / 2 ? home : least;
  }

  /** Whether all of these may get more to do. */
  admits(shards: readonly number[]): boolean {
    return shards.every((shard) => {
      const { served, servedThen } = this.#of(shard);
      const most = EXPECTED_PART * this.cost.maxLoad;
      const expected = Math.min(most, Math.max(0, served - servedThen) * EXPECTED_COST);
      return !this.cost.isFull(shard, expected);
    });
  }

  #of(shard: number): Shard {
    const known = this.#shards.get(shard);
    if (!known) throw new RangeError(`no shard ${shard}`);
    return known;
  }
}
