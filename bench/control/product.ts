/** The product as `./run start` runs it, with limits out of the way, and what its processes cost. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { discard, startPlenum } from '../../test/e2e/support/plenum.js';
import { childrenOf, cpuS, nameOf, residentBytes } from '../proc.js';
import { collectGarbage, inspectable } from './garbage.js';
import { type LoadAnswer, type LoadRequest, Wire } from './http-load.js';

const many = '1000000000';
const limits = [
  'REQUESTS_PER_MINUTE',
  'USER_REQUESTS_PER_MINUTE',
  'KEY_REQUESTS_PER_MINUTE',
  'JOIN_MISSES_PER_MINUTE',
  'ACCOUNT_LOGINS_PER_MINUTE',
  'ADDRESS_LOGINS_PER_MINUTE',
  'MESSAGES_PER_SECOND',
  'MESSAGES_BURST',
  'CHAT_PER_SECOND',
  'CHAT_BURST',
];

/** So that no limit is measured in place of the product. */
export const withoutLimits: Readonly<Record<string, string>> = Object.fromEntries(
  limits.map((name) => [`PLENUM_LIMITS_${name}`, many]),
);

/** CPU time, user and system, seconds. */
export interface CpuTime {
  server: number;
  /** NaN where the database runs elsewhere. */
  postgres: number;
}

export interface Product {
  url: string;
  adminUrl: string;
  pid: number;
  /** One request on a connection of its own. @throws Error for another status than `expected`. */
  ask(request: LoadRequest, expected: number): Promise<LoadAnswer>;
  cpu(): CpuTime;
  /** Resident memory of the server, bytes; `clean`: garbage is collected before. */
  residentBytes(state: 'as it is' | 'clean'): Promise<number>;
  stop(): Promise<void>;
}

/** Of the machine: asked before any are taken from this process. */
const cores = availableParallelism();

/**
 * Starts it; with two cores the server has the first, from its start on, since it makes threads for as
 * many as it has, and this process, the generator, the last. Postgres runs where there is room.
 * `PLENUM_BENCH_DATABASE_URL` names another than the embedded one.
 */
export async function startProduct(): Promise<Product> {
  const database = process.env.PLENUM_BENCH_DATABASE_URL;
  const environment = {
    PLENUM_CONFIG: 'none',
    PLENUM_LOG_LEVEL: 'error',
    ...inspectable,
    ...withoutLimits,
    ...(database === undefined ? {} : { PLENUM_STORE_URL: database }),
  };
  setCores(process.pid, '0');
  const plenum = await startPlenum({ environment });
  const pid = plenum.process.pid as number;
  const postmaster = childrenOf(pid).find((child) => nameOf(child) === 'postgres');
  // Passwords are hashed in a process of their own.
  const ofServer = [pid, ...childrenOf(pid).filter((child) => child !== postmaster)];
  const ofDatabase = postmaster === undefined ? [] : [postmaster, ...childrenOf(postmaster)];
  for (const each of ofDatabase) setCores(each, `0-${cores - 1}`);
  setCores(process.pid, String(cores - 1));
  return {
    url: plenum.url,
    adminUrl: plenum.adminUrl,
    pid,
    ask: (request, expected) => ask(plenum.url, request, expected),
    cpu: () => ({
      server: ofServer.reduce((sum, each) => sum + cpuS(each).own, 0),
      postgres: postmaster === undefined ? Number.NaN : cpuOfFamily(postmaster),
    }),
    residentBytes: async (state) => {
      if (state === 'clean') await collectGarbage(plenum.process);
      return residentBytes(pid);
    },
    stop: () => discard(plenum),
  };
}

export async function ask(
  url: string,
  request: LoadRequest,
  expected: number,
): Promise<LoadAnswer> {
  const wire = new Wire(url);
  try {
    const answer = await wire.ask(request);
    if (answer.status === expected) return answer;
    throw new Error(`${request.path}: ${answer.status} ${answer.body}`);
  } finally {
    wire.close();
  }
}

/** For all threads of a process, and what it starts from then on. */
function setCores(pid: number, list: string): void {
  execFileSync('taskset', ['-a', '-c', '-p', list, String(pid)], { stdio: 'ignore' });
}

/** A key that no other request has. */
export function freshKey(): { 'idempotency-key': string } {
  return { 'idempotency-key': randomUUID() };
}

/** Of a process and its children, those that ended and were waited for too. */
function cpuOfFamily(pid: number): number {
  const { own, ended } = cpuS(pid);
  return childrenOf(pid).reduce((sum, child) => sum + cpuS(child).own, own + ended);
}
