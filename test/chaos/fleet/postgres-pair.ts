/**
 * A PostgreSQL primary and a standby that has every acknowledged write (synchronous replication), behind
 * a relay that is the one address of both, as a proxy before such a pair is.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type ServerUser, serverUser } from '../../../control/src/store/postgres-binaries.js';
import type { Lifetime } from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { eventually } from '../../e2e/support/plenum.js';
import { startTcpRelay, type TcpRelay } from '../../e2e/support/tcp-relay.js';

const run = promisify(execFile);
const user = 'plenum';
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '200',
  wal_level: 'replica',
  wal_receiver_status_interval: '1s',
};

/** Debian's, the newest there is. */
function binaries(): string {
  const root = '/usr/lib/postgresql';
  const newest = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0];
  const folder = join(root, newest ?? '', 'bin');
  if (!existsSync(join(folder, 'pg_basebackup')))
    throw new Error('no PostgreSQL with pg_basebackup');
  return folder;
}

async function ask<Row extends object>(
  connectionString: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Row & pg.QueryResultRow>(statement, [...values])).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

class Server {
  private child: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly port: number,
    private readonly owner: ServerUser | null,
  ) {}

  get url(): string {
    return `postgres://${user}@127.0.0.1:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    this.child = spawn(
      join(binaries(), 'postgres'),
      ['-D', this.folder, '-p', `${this.port}`, ...options],
      { ...this.owner, cwd: '/', stdio: 'ignore' },
    );
    await eventually('PostgreSQL answers', async () => {
      const isThere = await this.query('select 1').catch(() => undefined);
      return isThere === undefined ? undefined : true;
    });
  }

  async initialise(): Promise<void> {
    const options = ['-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
    await this.tool('initdb', ['-D', this.folder, ...options]);
  }

  /** … that follows it from then on. */
  async copyOf({ url }: Server): Promise<void> {
    const options = ['-R', '-X', 'stream', '-c', 'fast'];
    await this.tool('pg_basebackup', [...options, '-D', this.folder, '-d', url]);
  }

  private async tool(name: string, args: string[]): Promise<void> {
    await run(join(binaries(), name), args, { ...this.owner, cwd: '/' });
  }

  query(statement: string): Promise<Record<string, unknown>[]> {
    return ask(this.url, statement);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

export class PostgresPair {
  private constructor(
    private primary: Server,
    private standby: Server,
    private readonly relay: TcpRelay,
  ) {}

  static async start(t: Lifetime, folder: string): Promise<PostgresPair> {
    const owner = serverUser();
    mkdirSync(folder);
    if (owner !== null) chownSync(folder, owner.uid, owner.gid);
    const primary = new Server(join(folder, 'one'), await claimPort(), owner);
    const standby = new Server(join(folder, 'two'), await claimPort(), owner);
    t.teardown(() => Promise.all([primary.end('SIGQUIT'), standby.end('SIGQUIT')]));
    await primary.initialise();
    await primary.start();
    await standby.copyOf(primary);
    await standby.start();
    const relay = await startTcpRelay(primary.url);
    t.teardown(() => relay.close());
    const pair = new PostgresPair(primary, standby, relay);
    await pair.replicate();
    return pair;
  }

  get url(): string {
    return this.relay.address(this.primary.url);
  }

  /** By a connection of its own, as control comes. */
  query<Row extends object = Record<string, unknown>>(
    statement: string,
    values?: unknown[],
  ): Promise<Row[]> {
    return ask(this.url, statement, values);
  }

  /** As a crash does, with all its connections. */
  async killPrimary(): Promise<void> {
    await this.primary.end('SIGKILL');
  }

  /** The standby takes over, at the same address. */
  async promote(): Promise<void> {
    await this.standby.query('select pg_promote()');
    this.relay.setTarget(this.standby.url);
    [this.primary, this.standby] = [this.standby, this.primary];
  }

  /** The killed one comes back as the standby of the one that took over. */
  async rejoin(): Promise<void> {
    const { standby, primary } = this;
    await rm(standby.folder, { recursive: true, force: true });
    await standby.copyOf(primary);
    await standby.start();
    await this.replicate();
  }

  /** From now on a commit is acknowledged when both have it. */
  private async replicate(): Promise<void> {
    await this.primary.query("alter system set synchronous_standby_names = '*'");
    await this.primary.query('select pg_reload_conf()');
    await eventually('the standby is synchronous', async () => {
      const rows = await this.primary.query('select sync_state from pg_stat_replication');
      return rows[0]?.sync_state === 'sync' ? true : undefined;
    });
  }
}
