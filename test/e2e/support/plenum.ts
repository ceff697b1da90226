/**
 * Starts Plenum as its user would (the server that `./run start` runs), on free ports and a fresh
 * data folder, and stops it again. Everything a test starts ends with that test.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillFolder } from '../../../control/src/testing/kept-folder.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';

export const repository = join(import.meta.dirname, '..', '..', '..', '..');

/** With Node's own flags, as `./run start` gives them. */
export const serverCommand: readonly [string, ...string[]] = [
  process.execPath,
  ...readFileSync(join(repository, 'tools', 'run', 'server-flags'), 'utf8')
    .trim()
    .split(/\s+/),
  join(repository, 'out', 'control', 'src', 'server.js'),
];

/** How long anything may take before a test gives up: outcomes are asserted, not speed. */
export const deadlineMs = 15_000;

export interface PlenumOptions {
  host?: string;
  mediaPort?: number;
  mediaTcpPort?: number;
  /** With several, participants are spread over them. Default `PLENUM_E2E_SHARDS`, or 1. */
  shards?: number;
  announce?: string;
  dataFolder?: string;
  /** Added to that of this process. */
  environment?: Record<string, string>;
}

export interface Plenum {
  url: string;
  /** Where /metrics is. */
  adminUrl: string;
  mediaPort: number;
  dataFolder: string;
  process: ChildProcess;
  /** Everything written to stdout so far. */
  stdout(): string;
  /** Ends the server; resolves with its exit code and how long it took, ms. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

/** A fresh folder that the user of the embedded Postgres may pass through. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-e2e-'));
  await chmod(folder, 0o755);
  return folder;
}

/** As a first start has left it: making a cluster takes longer than most of what is tested on it. */
async function newDataFolder(): Promise<string> {
  const folder = await emptyFolder();
  await fillFolder(folder, {
    name: 'data-folder',
    sources: [
      'package-lock.json',
      'control/migrations',
      'out/control/src/store/postgres-cluster.js',
    ],
    make: async (dataFolder) => {
      const first = await startPlenum({ dataFolder });
      const { code } = await first.stop();
      if (code !== 0) throw new Error(`the first start ended with ${code}\n${first.stdout()}`);
    },
  });
  return folder;
}

export async function startPlenum(options: PlenumOptions = {}): Promise<Plenum> {
  const dataFolder = options.dataFolder ?? (await newDataFolder());
  const [port, adminPort] = [await claimPort(), await claimPort()];
  const host = options.host ?? '127.0.0.1';
  const shards = options.shards ?? Number(process.env.PLENUM_E2E_SHARDS ?? 1);
  const others = Array.from({ length: shards - 1 }, (_, n) => n + 1);
  const mediaPort = options.mediaPort ?? (await claimPort(others));
  const placement = shards > 1 ? { PLENUM_MEDIA_PLACEMENT: 'apart' } : {};
  const flags = [
    ...['--host', host, '--port', String(port), '--admin-port', String(adminPort)],
    ...['--media-port', String(mediaPort), '--data', dataFolder],
    ...(options.mediaTcpPort ? ['--media-tcp-port', String(options.mediaTcpPort)] : []),
    ...(options.announce ? ['--announce', options.announce] : []),
    ...(shards > 1 ? ['--shards', String(shards)] : []),
  ];
  const [program, ...words] = serverCommand;
  const child = spawn(program, [...words, ...flags], {
    cwd: repository,
    env: { ...process.env, ...placement, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const began = Date.now();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return { code: child.exitCode, ms: Date.now() - began };
  };
  const url = await readyUrl(child, () => stdout).catch(async (error) => {
    await stop('SIGKILL');
    throw new Error(`${error.message}\n${stdout}\n${stderr}`);
  });
  const adminUrl = `http://127.0.0.1:${adminPort}/`;
  return { url, adminUrl, mediaPort, dataFolder, process: child, stdout: () => stdout, stop };
}

async function readyUrl(child: ChildProcess, stdout: () => string): Promise<string> {
  const limit = Date.now() + 60_000;
  while (Date.now() < limit) {
    const match = /^Plenum is ready: (http:\/\/\S+)$/m.exec(stdout());
    if (match?.[1]) return match[1];
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    await pause(50);
  }
  throw new Error('the server did not become ready');
}

/** Stops the server and removes its data. */
export async function discard(plenum: Plenum): Promise<void> {
  await plenum.stop();
  await rm(plenum.dataFolder, { recursive: true, force: true });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Polls until `probe` gives a value that is not undefined; fails after the deadline. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  limitMs = deadlineMs,
): Promise<T> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > limit) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(100);
  }
}
