import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { claimPort } from './test-ports.js';

/** The whole process, with an engine that has no sockets. */
export const program = fileURLToPath(new URL('./fake-server.js', import.meta.url));

async function ready(child: ChildProcess) {
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    const [, origin] = /^Plenum is ready: (http:\/\/127\.0\.0\.1:\d+)\/$/.exec(line) ?? [];
    if (origin !== undefined) return { origin, said };
    said.push(line);
  }
  throw new Error('it ended before it was ready');
}

/** Starts it on that data folder; resolves when it says that it is ready. */
export async function startProcess(t: Test, folder: string, settings: Record<string, string> = {}) {
  const options = ['--port', String(await claimPort()), '--admin-port', String(await claimPort())];
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, [program, ...options, '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...environment, PLENUM_LOG_LEVEL: 'error', ...settings },
  });
  t.teardown(() => child.kill('SIGTERM'));
  return { child, ...(await ready(child)) };
}

/** @returns its exit code. */
export async function endProcess(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<number | null> {
  child.kill(signal);
  const [code] = await once(child, 'exit');
  return code as number | null;
}

/** Processes that were started with this folder. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

/** Pids of the processes that this one started. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
