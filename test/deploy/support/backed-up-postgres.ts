import { type ExecFileOptions, execFile, spawn } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { Database, type DatabaseAddress } from '../../../control/src/store/database.js';
import { serverUser } from '../../../control/src/store/postgres-binaries.js';
import { testFolder } from '../../../control/src/testing/test-database.js';
import { eventually } from '../../../control/src/testing/test-redis.js';
import { deploy } from './places.js';
import { endProgram } from './processes.js';

/** Debian's: the one that pgBackRest of the same release knows. */
const binaries = '/usr/lib/postgresql/15/bin';
const port = 5432;

export interface BackedUpPostgres {
  /** Everything lies below; also the socket. */
  folder: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The database of that name. */
  open(database: string): Database;
  /** Runs a program as the server's user, with what our scripts expect in its environment. */
  run(program: string, ...words: string[]): Promise<string>;
}

/** A PostgreSQL with the settings that we ship, and repositories in folders in place of S3. */
export async function backedUpPostgres(t: Test): Promise<BackedUpPostgres> {
  const owner = serverUser();
  const folder = join(testFolder(t), 'postgres');
  mkdirSync(folder);
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  const settings = join(folder, 'pgbackrest.conf');
  writeFileSync(settings, repositories(folder));
  const environment = {
    ...{ PATH: process.env.PATH, LC_ALL: 'C.UTF-8', PGHOST: folder, PGPORT: `${port}` },
    ...{ PGUSER: 'postgres', PGBACKREST_CONFIG: settings, POSTGRES_BIN: binaries },
  };
  const options: ExecFileOptions = { ...owner, env: environment, cwd: '/' };
  const run = async (program: string, ...words: string[]) => {
    const { stdout } = await promisify(execFile)(program, words, { ...options, encoding: 'utf8' });
    return stdout;
  };
  const content = join(folder, 'data');
  const words = ['-D', content, '-U', 'postgres', '--auth=trust', '--no-sync'];
  await run(join(binaries, 'initdb'), ...words);
  const ours = `unix_socket_directories = '${folder}'\nlisten_addresses = ''\nfsync = off\n`;
  const shipped = readFileSync(join(deploy, 'backup', 'postgresql.conf'), 'utf8');
  writeFileSync(join(content, 'postgresql.conf'), `${shipped}${ours}`);
  let child: ReturnType<typeof spawn> | null = null;
  const stop = async () => {
    if (child !== null) await endProgram(child, 'SIGINT');
  };
  t.teardown(stop);
  const addressOf = (database: string): DatabaseAddress => {
    return { host: folder, port, user: 'postgres', database };
  };
  const start = async () => {
    child = spawn(join(binaries, 'postgres'), ['-D', content], { ...options, stdio: 'ignore' });
    await eventually('it takes writes', async () => {
      if (child?.exitCode !== null) throw new Error('the server ended at once');
      const asked = await run('psql', '-XqAtc', 'select pg_is_in_recovery()').catch(() => '');
      return asked.trim() === 'f' ? true : undefined;
    });
  };
  const open = (database: string) => {
    const opened = new Database(addressOf(database));
    t.teardown(() => opened.close());
    return opened;
  };
  return { folder, start, stop, open, run };
}

/** The shipped file, but for where the repositories are, and the server. */
function repositories(folder: string): string {
  const shipped = readFileSync(join(deploy, 'backup', 'pgbackrest.conf'), 'utf8');
  const changed = shipped
    .replace(/^repo\d-s3-.*\n/gm, '')
    .replace(/^(repo\d)-type=s3$/gm, '$1-type=posix')
    .replace(/^(repo\d)-path=.*$/gm, `$1-path=${folder}/$1`)
    .replace('log-level-file=detail', `log-level-file=off\nlock-path=${folder}/lock`)
    .replace(/^pg1-path=.*$/m, `pg1-path=${folder}/data\npg1-socket-path=${folder}`);
  if (changed.includes('s3')) throw new Error('pgbackrest.conf has settings that are new here');
  return changed;
}

/** A copy of a shipped script that the server's user can reach. */
export function reachable(t: Test, script: string): string {
  const copy = join(testFolder(t), 'script');
  copyFileSync(join(deploy, script), copy);
  return copy;
}

/** The words of a unit's `ExecStart=`. */
export function commandOf(unit: string, instance = ''): [string, ...string[]] {
  const text = readFileSync(join(deploy, 'systemd', unit), 'utf8');
  const [, line] = /^ExecStart=(.*)$/m.exec(text) ?? [];
  if (line === undefined) throw new Error(`${unit} starts nothing`);
  return line.replaceAll('%i', instance).split(' ') as [string, ...string[]];
}
