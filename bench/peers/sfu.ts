/** Whoever forwards one publisher's stream to many subscribers, as the campaign sees it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { ForwardOptions } from '../forward/options.js';
import type { LoadPeer } from '../forward/programs.js';
import type { ServerPlace } from '../forward/sdp.js';

export interface Sfu {
  readonly name: string;
  /** Begins; all of it on the first core. */
  setUp(address: string, profile: ForwardOptions['profile']): Promise<void>;
  /** Once, before anybody subscribes. Where the peer is to send its checks. */
  publish(peer: LoadPeer, ssrc: number): Promise<ServerPlace>;
  /** One more receiver of what was published. */
  subscribe(peer: LoadPeer): Promise<ServerPlace>;
  /** Where the ideal forwarder's program is that needed all receivers at once. */
  start?(): Promise<{ address: string; port: number }>;
  /** CPU time of all of its processes, user and system. */
  cpuUs(): number | Promise<number>;
  close(): Promise<void>;
}

/** What `sysconf(_SC_CLK_TCK)` says here. */
const ticksPerS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time of a process, all its threads: to the kernel's tick, mostly 10 ms. */
export function processCpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return ((user + system) / ticksPerS) * 1e6;
}

/**
 * An address of this machine's: packets to it stay on the loopback path, but Janus, which offers
 * 127.0.0.1 to nobody, offers it. null: there is none.
 */
export function ownAddress(): string | null {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? null;
}
