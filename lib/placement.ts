/** Which shard serves whom: a choice by load. Knows no engine and no clock. Not public. */

/** `together`: see `Placement.forParticipant`. `apart`: everybody on the least loaded shard. */
export type PlacementPolicy = 'together' | 'apart';

/** A media thread's counters, both in microseconds. */
export interface Measured {
  shard: number;
  nowUs: number;
  cpuUs: number;
}

/** Of a core: what a participant is taken to cost before anybody has measured; and an open room. */
const EXPECTED_COST = 0.005;
/**
 * A participant stays with its room while the shard is busier than the least loaded one by no more
 * than this, of a core. Lower splits small rooms, whose media then has to cross; higher loads
 * shards unevenly.
 */
const STAY_MARGIN = 0.08;
/** Shorter spans say more about moments than about load. */
const MIN_SPAN_US = 500_000;

interface Shard {
  /** Participants and rooms. */
  served: number;
  /** Of a core, at the last measurement; 0 before. */
  cpu: number;
  /** `served` at the last measurement. */
  servedThen: number;
  last: Measured | null;
}

export class Placement {
  readonly #shards: Map<number, Shard>;
  readonly #policy: PlacementPolicy;

  constructor(shards: readonly number[], policy: PlacementPolicy = 'together') {
    const idle = () => ({ served: 0, cpu: 0, servedThen: 0, last: null });
    this.#shards = new Map(shards.map((shard) => [shard, idle()]));
    this.#policy = policy;
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
    for (const { shard: number, nowUs, cpuUs } of rows) {
      const shard = this.#of(number);
      const { last } = shard;
      const spanUs = nowUs - (last?.nowUs ?? nowUs);
      if (last && spanUs < MIN_SPAN_US) continue;
      if (last) {
        shard.cpu = (cpuUs - last.cpuUs) / spanUs;
        shard.servedThen = shard.served;
      }
      shard.last = { shard: number, nowUs, cpuUs };
    }
  }

  /**
   * Of a core: what was measured and who has come since, but no less than what as many usually
   * take: who has just come sends nothing yet.
   */
  load(shard: number): number {
    const { served, cpu, servedThen } = this.#of(shard);
    return Math.max(cpu + (served - servedThen) * EXPECTED_COST, served * EXPECTED_COST);
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

  #of(shard: number): Shard {
    const known = this.#shards.get(shard);
    if (!known) throw new RangeError(`no shard ${shard}`);
    return known;
  }
}
