import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canEnter, type ServerUser } from './postgres-binaries.js';

/** The one user of the cluster; who may reach the socket is who may enter its folder. */
export const clusterUser = 'plenum';
/** Only the name of the socket: nothing listens on TCP. */
export const clusterPort = 5432;
/**
 * A new segment of the log is filled with zeros and flushed while all commits wait: one of PostgreSQL's
 * own 16 MB held them up for 50 to 60 ms.
 */
const walSegmentMb = 4;
/** sun_path holds 108 bytes with the final zero (unix(7)). */
const maxSocketPath = 107;

export interface ClusterPaths {
  folder: string;
  cluster: string;
  binaries: string;
  socket: string;
  log: string;
}

export function pathsIn(folder: string): ClusterPaths {
  let socket = join(folder, 'socket');
  if (join(socket, `.s.PGSQL.${clusterPort}.lock`).length > maxSocketPath) {
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

/** Folders that the server's user owns and nobody else may enter. */
export function makeFolders(paths: ClusterPaths, owner: ServerUser | null): void {
  mkdirSync(dirname(paths.folder), { recursive: true });
  for (const folder of [paths.folder, paths.socket]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (owner !== null) chownSync(folder, owner.uid, owner.gid);
    else if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} is not ours`);
    chmodSync(folder, 0o700);
  }
  if (!canEnter(owner, paths.folder)) {
    throw new Error(
      `the database runs as another user than root, who cannot enter ${paths.folder}: ` +
        'choose a folder that others may pass through, such as --data /var/lib/plenum',
    );
  }
}

/** Makes the cluster when there is none; one that was left half made is made anew. */
export async function createCluster(
  binaries: string,
  paths: ClusterPaths,
  owner: ServerUser | null,
): Promise<void> {
  if (existsSync(paths.cluster)) return;
  const partial = `${paths.cluster}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const settings = ['--encoding=UTF8', '--locale=C', '--auth=trust', `--username=${clusterUser}`];
  const log = `--wal-segsize=${walSegmentMb}`;
  await run(join(binaries, 'bin', 'initdb'), [`--pgdata=${partial}`, ...settings, log], owner);
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
