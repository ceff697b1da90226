import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { type Lifetime, testFolder } from './test-database.js';
import { claimPort } from './test-ports.js';

const run = promisify(execFile);
const deadlineMs = 60_000;
/** A cluster's nodes talk to each other on their port and 10 000 more. */
const busOffset = 10_000;

/** Waits until `look` gives something other than undefined; rejects after a minute. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`not in time: ${what}`);
    await delay(20);
  }
}

/** A server of a test's own on a free port of loopback; what it keeps is in memory. */
export class TestRedis {
  private child: ChildProcess;

  constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: string[],
  ) {
    this.child = this.spawn();
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** On the same port, empty. */
  async restart(): Promise<void> {
    this.child = this.spawn();
    await this.answers();
  }

  /** It stands still, with its connections open. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** What redis-cli says. */
  async cli(...words: string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', `${this.port}`, ...words]);
    return stdout.trim();
  }

  async answers(): Promise<void> {
    await eventually(`redis at ${this.port}`, async () => {
      if (this.child.exitCode !== null) throw new Error('redis-server ended at once');
      const answer = await this.cli('ping').catch(() => '');
      return answer === 'PONG' ? true : undefined;
    });
  }

  private spawn(): ChildProcess {
    const options = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder];
    return spawn('redis-server', [...this.settings, ...options], { stdio: 'ignore' });
  }
}

const inMemory = ['--save', '', '--appendonly', 'no'];
let made = 0;

async function startRedis(t: Lifetime, settings: string[], file?: string): Promise<TestRedis> {
  made += 1;
  const folder = join(testFolder(t), `redis-${made}`);
  mkdirSync(folder);
  const first = file === undefined ? [] : [join(folder, 'redis.conf')];
  if (file !== undefined) writeFileSync(join(folder, 'redis.conf'), file);
  const server = new TestRedis(await claimPort([busOffset]), folder, [...first, ...settings]);
  t.teardown(() => server.kill());
  await server.answers();
  return server;
}

export function testRedis(t: Lifetime): Promise<TestRedis> {
  return startRedis(t, inMemory);
}

export interface SentinelGroup {
  master: TestRedis;
  replica: TestRedis;
  /** Of the group, with all sentinels. */
  url: string;
}

const sentinels = 3;
const sentinelSettings = (master: TestRedis) => `
sentinel monitor main 127.0.0.1 ${master.port} 2
sentinel down-after-milliseconds main 1000
sentinel failover-timeout main 10000
`;

/**
 * A master, its replica and three sentinels that all know each other: a master that is killed
 * before would never be replaced.
 */
export async function testSentinels(t: Test): Promise<SentinelGroup> {
  const master = await testRedis(t);
  const replicates = ['--replicaof', '127.0.0.1', `${master.port}`];
  const replica = await startRedis(t, [...inMemory, ...replicates]);
  const guards = await Promise.all(
    Array.from({ length: sentinels }, () =>
      startRedis(t, ['--sentinel'], sentinelSettings(master)),
    ),
  );
  for (const guard of guards) {
    await eventually('the sentinels know all', async () => {
      const lines = (await guard.cli('sentinel', 'master', 'main')).split('\n');
      const knows = (name: string, count: number) =>
        lines[lines.indexOf(name) + 1]?.trim() === `${count}`;
      const all = knows('num-slaves', 1) && knows('num-other-sentinels', sentinels - 1);
      return all ? true : undefined;
    });
  }
  const hosts = guards.map(({ address }) => address).join(',');
  return { master, replica, url: `redis+sentinel://${hosts}/main` };
}

export interface TestCluster {
  nodes: TestRedis[];
  url: string;
}

/** Three masters that share the slots. */
export async function testCluster(t: Test): Promise<TestCluster> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...inMemory];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(t, settings)));
  const hosts = nodes.map(({ address }) => address);
  await run('redis-cli', ['--cluster', 'create', ...hosts, '--cluster-yes']);
  for (const node of nodes) {
    await eventually('the cluster is whole', async () =>
      (await node.cli('cluster', 'info')).includes('cluster_state:ok') ? true : undefined,
    );
  }
  return { nodes, url: `redis+cluster://${hosts.join(',')}` };
}

/**
 * Makes `milliseconds` pass for what is kept on these servers: every life is shorter by them. What
 * has none left is deleted, as it would be.
 */
export async function shortenLives(servers: TestRedis[], milliseconds: number): Promise<void> {
  const script = `
    for _, key in ipairs(redis.call('keys', '*')) do
      local left = redis.call('pttl', key) - ARGV[1]
      if left > 0 then redis.call('pexpire', key, left) else redis.call('del', key) end
    end`;
  for (const server of servers) {
    const client = new Redis(server.port, '127.0.0.1');
    await client.eval(script, 0, milliseconds);
    client.disconnect();
  }
}
