/**
 * What packets cost on this machine, how busy the media threads are, and how much still fits.
 * A pure function of the counters that it is fed. Not public; docs/library.md, "Load".
 */
import type { ShardStats } from './engine/contract.gen.js';

/** The counters that it reads; microseconds and counts since the thread's start. */
export type Measured = Pick<ShardStats, 'shard' | 'nowUs' | 'cpuUs'> & Partial<ShardStats>;

export interface ShardLoad {
  shard: number;
  /** CPU time of the media thread, user and system, of a core: 0–1, over the last seconds. */
  busyRatio: number;
  /** `busyRatio` by `maxLoad`; at least 1 while packets are lost to overload. */
  stressRatio: number;
  /** Received and sent, by second of the thread's CPU time. */
  packetsPerCpuSecond: number;
  /** Packets per second, received and sent, that still fit below `maxLoad`. */
  headroomPacketsPerSecond: number;
  /** Packets since the start that were lost because the thread came too late or had no room. */
  overloadDrops: number;
}

export interface NodeLoad {
  /** That of the busiest media thread. */
  stressRatio: number;
  /** Of all media threads together. */
  headroomPacketsPerSecond: number;
  /** Mean over the media threads by the CPU time that each has used. */
  packetsPerCpuSecond: number;
  /** Some media thread takes no more; see `NodeOptions.maxLoad`. */
  isFull: boolean;
  shards: ShardLoad[];
}

/**
 * Of a core. Those who are in may still take more, as their layers climb, and a key frame comes in
 * a train: the rest is theirs.
 */
export const DEFAULT_MAX_LOAD = 0.8;
/** Before anything is measured: about what one core of 2.5 GHz does with video (docs/figures.md). */
const EXPECTED_PACKETS_PER_CPU_SECOND = 400_000;
/** Shorter spans say more about moments than about load. */
const MIN_SPAN_US = 500_000;
/** A span counts for less by 1/e after this. */
const BUSY_MEMORY_US = 3_000_000;
/**
 * The same for the cost of packets, in weighed CPU time. The weight of a span is its busy share: a
 * thread that is idle wakes for single packets, which cost several times what they do in trains.
 * At half of a core this is 8 s, at a tenth 200 s; a thread at 1 % forgets nothing for 5 hours.
 */
const COST_MEMORY_US = 2_000_000;
/** Weighed CPU time that the expectation is worth. */
const EXPECTATION_US = 100_000;
/** Of all packets of a span: above it the cliff has come, whatever the CPU time says. */
const SHEDDING_SHARE = 0.001;
/** Fewer lost packets than this may be one burst. */
const SHEDDING_PACKETS = 20;
/** A thread that was full takes more again below this stress. */
const RESUMES_BELOW = 0.9;

/** Lost by the thread's own lateness or lack of room; not by a slow client or a bad packet. */
const OVERLOAD_COUNTERS = [
  'kernelDrops',
  'droppedSlabFull',
  'droppedPoolExhausted',
  'droppedRelayVideo',
  'droppedRelayAudio',
] as const;

interface Shard {
  isMeasured: boolean;
  busy: number;
  isShedding: boolean;
  isFull: boolean;
  /** Decaying sums, weighed; see COST_MEMORY_US. */
  packets: number;
  cpuUs: number;
  last: Measured | null;
}

export class CostModel {
  readonly #shards: Map<number, Shard>;
  readonly #maxLoad: number;
  readonly #refuses: boolean;

  /** `maxLoad`: of a core; null: no thread is ever full, and stress is that of the default. */
  constructor(shards: readonly number[], maxLoad: number | null = DEFAULT_MAX_LOAD) {
    this.#shards = new Map(shards.map((shard) => [shard, newShard()]));
    this.#maxLoad = maxLoad ?? DEFAULT_MAX_LOAD;
    this.#refuses = maxLoad !== null;
  }

  get maxLoad(): number {
    return this.#maxLoad;
  }

  /** Counters that were read, whenever they are. Returns the shards of which they say something. */
  measure(rows: readonly Measured[]): number[] {
    return rows.filter((row) => this.#measure(row)).map(({ shard }) => shard);
  }

  /** CPU time of a core, 0–1; 0 before anything is measured. */
  busy(shard: number): number {
    return this.#of(shard).busy;
  }

  /** Whether it takes no more people. `expected`: of a core, what is to come already. */
  isFull(number: number, expected = 0): boolean {
    const shard = this.#of(number);
    return this.#refuses && (shard.isFull || shard.busy + expected >= this.#maxLoad);
  }

  load(): NodeLoad {
    const shards = [...this.#shards.keys()].map((shard) => this.#loadOf(shard));
    const used = [...this.#shards.values()];
    const packets = used.reduce((sum, shard) => sum + shard.packets, 0);
    return {
      stressRatio: Math.max(0, ...shards.map(({ stressRatio }) => stressRatio)),
      headroomPacketsPerSecond: shards.reduce((sum, it) => sum + it.headroomPacketsPerSecond, 0),
      packetsPerCpuSecond: (1e6 * packets) / used.reduce((sum, shard) => sum + shard.cpuUs, 0),
      isFull: [...this.#shards.keys()].some((shard) => this.isFull(shard)),
      shards,
    };
  }

  #loadOf(number: number): ShardLoad {
    const shard = this.#of(number);
    const packetsPerCpuSecond = (1e6 * shard.packets) / shard.cpuUs;
    const left = shard.isShedding ? 0 : Math.max(0, this.#maxLoad - shard.busy);
    return {
      shard: number,
      busyRatio: shard.busy,
      stressRatio: this.#stress(shard),
      packetsPerCpuSecond,
      headroomPacketsPerSecond: left * packetsPerCpuSecond,
      overloadDrops: overloadDropsOf(shard.last ?? {}),
    };
  }

  #measure(row: Measured): boolean {
    const shard = this.#of(row.shard);
    const { last } = shard;
    if (last && row.nowUs - last.nowUs < MIN_SPAN_US) return false;
    shard.last = row;
    if (!last) return false;
    learn(shard, last, row);
    const stress = this.#stress(shard);
    shard.isFull = stress >= 1 || (shard.isFull && stress >= RESUMES_BELOW);
    return true;
  }

  #stress({ busy, isShedding }: Shard): number {
    const stress = busy / this.#maxLoad;
    return isShedding ? Math.max(1, stress) : stress;
  }

  #of(shard: number): Shard {
    const known = this.#shards.get(shard);
    if (!known) throw new RangeError(`no shard ${shard}`);
    return known;
  }
}

function newShard(): Shard {
  const packets = (EXPECTED_PACKETS_PER_CPU_SECOND * EXPECTATION_US) / 1e6;
  const nothing = { isMeasured: false, busy: 0, isShedding: false, isFull: false, last: null };
  return { ...nothing, packets, cpuUs: EXPECTATION_US };
}

function learn(shard: Shard, from: Measured, to: Measured): void {
  const spanUs = to.nowUs - from.nowUs;
  const cpuUs = to.cpuUs - from.cpuUs;
  const packets = packetsOf(to) - packetsOf(from);
  const busy = cpuUs / spanUs;
  const remembered = shard.isMeasured ? Math.exp(-spanUs / BUSY_MEMORY_US) : 0;
  shard.busy = remembered * shard.busy + (1 - remembered) * busy;
  shard.isMeasured = true;
  const kept = Math.exp((-cpuUs * busy) / COST_MEMORY_US);
  shard.packets = kept * shard.packets + busy * packets;
  shard.cpuUs = kept * shard.cpuUs + busy * cpuUs;
  const lost = overloadDropsOf(to) - overloadDropsOf(from);
  shard.isShedding = lost >= SHEDDING_PACKETS && lost >= SHEDDING_SHARE * (packets + lost);
}

function packetsOf({ packetsReceived = 0, packetsSent = 0 }: Partial<ShardStats>): number {
  return packetsReceived + packetsSent;
}

function overloadDropsOf(row: Partial<ShardStats>): number {
  return OVERLOAD_COUNTERS.reduce((sum, counter) => sum + (row[counter] ?? 0), 0);
}
