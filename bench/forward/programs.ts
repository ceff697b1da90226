/** The three programs of a run and what each is asked. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JsonProcess } from './json-process.js';
import type { JoinRequest, NodeAnswer, NodeReading, NodeSetup } from './node-protocol.js';
import type { ForwardOptions } from './options.js';
import { TRANSPORT_CC_ID } from './sdp.js';

/** out/bench/forward → the root of the repository. */
const root = join(import.meta.dirname, '..', '..', '..');
export const native = (name: string) => join(root, 'build', 'addon', name);

export interface Quantiles {
  count: number;
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** What the generator says of the time since it was asked last (bench/load/main.cpp). */
export interface LoadReading {
  seconds: number;
  busy: number;
  asked: number;
  sent: number;
  refused: number;
  sinkDrops: number;
  latenessNs: Quantiles;
  received: number;
  receivedBytes: number;
  receivedInTrains: number;
  expected: number;
  counted: number;
  repeats: number;
  rtcp: number;
  /** Transport-wide feedback messages sent. */
  feedback: number;
  verified: number;
  undecryptable: number;
  corrupted: number;
  delayNs: Quantiles;
}

export interface IdealReading {
  packetsIn: number;
  packetsOut: number;
  messages: number;
  calls: number;
  refused: number;
  cpuUs: number;
}

export interface LoadPeer {
  peer: number;
  port: number;
  ufrag: string;
  pwd: string;
  fingerprint: string;
  plainUp: string;
  plainDown: string;
}

export interface SourceRequest {
  peer: number;
  ssrc: number;
  video: 0 | 1;
  framesPerS: number;
  framePackets: number;
  packetBytes: number;
  height: number;
  /** Numbers of header extensions; 0: without. */
  midId: number;
  ridId: number;
  levelId: number;
  transportCcId: number;
  mid: string;
  rid: string;
  level: number;
}

export type Side = 'node' | 'ideal' | 'load';

/** Puts a program where it is to run: on its core, and where the path asks for it in a namespace. */
export type Placement = (argv: readonly string[], side: Side) => string[];

/**
 * Media threads have the first cores, the generator the next one. The node's process may run
 * anywhere, so that its JavaScript takes no time of its media threads (pinMediaThreads).
 */
export function pinned(argv: readonly string[], side: Side, shards: number): string[] {
  if (side === 'node' || cpus().length < 2) return [...argv];
  const core = side === 'ideal' ? 0 : Math.min(shards, cpus().length - 1);
  return ['taskset', '-c', `${core}`, ...argv];
}

function pinMediaThreads(pid: number): void {
  if (cpus().length < 2) return;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8');
    const shard = /^plenum-shard-(\d+)/.exec(name)?.[1];
    if (shard === undefined) continue;
    const core = Number(shard) % cpus().length;
    execFileSync('taskset', ['-cp', `${core}`, task], { stdio: 'pipe' });
  }
}

export class LoadProgram extends JsonProcess {
  constructor(place: Placement) {
    const program = native('plenum-load');
    if (!existsSync(program)) throw new Error(`${program} is not built`);
    super(place([program], 'load'));
  }

  async addPeers(count: number, address: string, subscriber: boolean, options: ForwardOptions) {
    const { profile, transport, gro, observe, pacing } = options;
    const made: LoadPeer[] = [];
    while (made.length < count) {
      // The first of each group is observed, by itself.
      const at = subscriber && observe > 0 ? made.length % observe : -1;
      const group = at === 0 ? 1 : at > 0 ? observe - at : count;
      const { peers } = await this.ask<{ peers: LoadPeer[] }>({
        do: 'peers',
        count: Math.min(group, count - made.length),
        address,
        port: 0,
        profile,
        subscriber: subscriber ? 1 : 0,
        plain: transport === 'plain' ? 1 : 0,
        observed: at === 0 ? 1 : 0,
        gro: gro === 'on' ? 1 : 0,
        transportCcId: subscriber && pacing === 'gcc' ? TRANSPORT_CC_ID : 0,
      });
      made.push(...peers);
    }
    return made;
  }

  /** @throws Error when some do not get through. */
  async connect(peers: readonly object[]): Promise<void> {
    const { failed } = await this.ask<{ failed: number }>({ do: 'connect', peers });
    if (failed > 0) throw new Error(`${failed} of ${peers.length} peers were not connected`);
  }

  mark(): Promise<LoadReading> {
    return this.ask({ do: 'mark' });
  }
}

export class NodeProgram extends JsonProcess {
  constructor(place: Placement) {
    const program = fileURLToPath(new URL('./node.js', import.meta.url));
    super(place([process.execPath, ...process.execArgv, program], 'node'));
  }

  async setUp(
    { shards, gso, crypto }: ForwardOptions,
    rooms: Pick<NodeSetup, 'address' | 'pacing' | 'rooms' | 'loudest'>,
  ): Promise<void> {
    const tuning = { gso: gso === 'on', batchCipher: crypto === 'auto' };
    const setup: NodeSetup = { ...rooms, ...tuning, shards };
    await this.ask({ do: 'setup', ...setup });
    pinMediaThreads(this.pid);
  }

  async join(peers: readonly JoinRequest[]): Promise<NodeAnswer[]> {
    return (await this.ask<{ answers: NodeAnswer[] }>({ do: 'join', peers })).answers;
  }

  /** Everybody looks at one participant of the room in large and at all others in small. */
  view(): Promise<object> {
    return this.ask({ do: 'view' });
  }

  read(): Promise<NodeReading> {
    return this.ask({ do: 'stats' });
  }
}

export interface IdealRoom {
  sources: number[];
  sinks: { address: string; port: number; key: number }[];
}

export class IdealProgram extends JsonProcess {
  constructor(place: Placement) {
    super(place([native('plenum-ideal')], 'ideal'));
  }

  /** Its port. */
  async setUp(address: string, options: ForwardOptions, rooms: IdealRoom[]): Promise<number> {
    const { profile, gso, crypto } = options;
    const { port } = await this.ask<{ port: number }>({
      address,
      port: 0,
      profile,
      gso: gso === 'on' ? 1 : 0,
      openssl: crypto === 'openssl' ? 1 : 0,
      rooms,
    });
    return port;
  }

  read(): Promise<IdealReading> {
    return this.ask({ do: 'counts' });
  }
}
