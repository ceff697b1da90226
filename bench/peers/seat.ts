/** A forwarder with its publisher and subscribers, and what it does at a rate. */
import { setTimeout as pause } from 'node:timers/promises';
import { whyVoid } from '../forward/measure.js';
import type { ForwardOptions } from '../forward/options.js';
import type { LoadPeer, LoadProgram } from '../forward/programs.js';
import { sourceOf } from '../forward/world.js';
import type { Sfu } from './sfu.js';

const WARM_UP_MS = 500;
const COOL_DOWN_MS = 100;
const PROBE_S = 0.5;
const FIRST_RATE = 800;
const MOST_PROBES = 8;
/** Of what the core could do: far enough from the cliff for measurements that lose nothing. */
const SHARE = 0.8;
/** Nearer than this needs no further probe. */
const NEAR = 1.1;
/** More is overload (the peers were measured by the same bound). */
const MOST_LOSS = 0.001;

export interface Reading {
  packetsIn: number;
  /** By the sinks: the same measure for all. */
  packetsOut: number;
  cpuUs: number;
  seconds: number;
  loss: number;
  delayP99Ms: number;
  generatorBusy: number;
  void: string | null;
}

export const packetsPerCpuS = ({ packetsOut, cpuUs }: Reading) => (packetsOut / cpuUs) * 1e6;

export class Seat {
  readonly sfu: Sfu;
  readonly #load: LoadProgram;
  readonly #options: ForwardOptions;
  readonly #ssrc: number;
  #publisher: LoadPeer | undefined;
  #ideal: { address: string; port: number } | undefined;

  constructor(sfu: Sfu, load: LoadProgram, options: ForwardOptions, ssrc: number) {
    this.sfu = sfu;
    this.#load = load;
    this.#options = options;
    this.#ssrc = ssrc;
  }

  /** Publisher and subscribers join, with ICE, DTLS and SRTP where the forwarder knows them. */
  async open(address: string): Promise<void> {
    const { sfu, subscribers } = { sfu: this.sfu, subscribers: this.#options.subscribers };
    const transport = sfu.start ? 'plain' : 'webrtc';
    const options = { ...this.#options, transport } as const;
    await sfu.setUp(address, options.profile);
    const [publisher] = await this.#load.addPeers(1, address, false, options);
    this.#publisher = publisher as LoadPeer;
    await this.#connect(this.#publisher, await sfu.publish(this.#publisher, this.#ssrc));
    for (const peer of await this.#load.addPeers(subscribers, address, true, options)) {
      await this.#connect(peer, await sfu.subscribe(peer));
    }
    this.#ideal = await sfu.start?.();
  }

  /** `rate`: packets per second of the publisher. */
  async measure(rate: number, seconds: number): Promise<Reading> {
    const target = this.#ideal ? 'ideal' : 'server';
    const sources = [sourceOf({ ...this.#options, rate }, this.#publisher?.peer ?? 0, this.#ssrc)];
    const place = this.#ideal ?? { address: '0.0.0.0', port: 0 };
    await this.#load.ask({ do: 'start', target, ...place, sources });
    await pause(WARM_UP_MS);
    const [first] = await Promise.all([this.sfu.cpuUs(), this.#load.mark()]);
    await pause(seconds * 1000);
    const [last, load] = await Promise.all([this.sfu.cpuUs(), this.#load.mark()]);
    await this.#load.ask({ do: 'stop' });
    await pause(COOL_DOWN_MS);
    const loss = load.expected === 0 ? 1 : Math.max(0, 1 - load.counted / load.expected);
    const isBehind =
      loss > MOST_LOSS || load.received < 0.98 * load.sent * this.#options.subscribers;
    const behind = isBehind ? `overloaded: ${(loss * 100).toFixed(2)} % lost` : null;
    return {
      ...{ packetsIn: load.sent, packetsOut: load.received, cpuUs: last - first, loss },
      ...{ seconds: load.seconds, delayP99Ms: load.delayNs.p99 / 1e6, generatorBusy: load.busy },
      void: whyVoid(load) ?? behind,
    };
  }

  /** A rate near what it can do, at which it loses nothing. */
  async findRate(): Promise<number> {
    let rate = FIRST_RATE;
    let refused = Number.POSITIVE_INFINITY;
    for (let probe = 0; probe < MOST_PROBES; probe += 1) {
      const { void: why, cpuUs, seconds } = await this.#probe(rate);
      if (why !== null) {
        console.log(`${this.sfu.name}: not ${rate.toFixed(0)} packets/s: ${why}`);
        refused = rate;
        rate *= SHARE;
        continue;
      }
      const busy = cpuUs / 1e6 / seconds;
      const next = Math.min((rate * SHARE) / busy, refused * SHARE);
      if (next < rate * NEAR) return Math.min(rate, next);
      rate = next;
    }
    return rate;
  }

  /** What is void once may be the neighbours'. */
  async #probe(rate: number): Promise<Reading> {
    const first = await this.measure(rate, PROBE_S);
    return first.void === null ? first : this.measure(rate, PROBE_S);
  }

  async #connect(peer: LoadPeer, place: object): Promise<void> {
    if (!this.sfu.start) await this.#load.connect([{ peer: peer.peer, ...place }]);
  }
}
