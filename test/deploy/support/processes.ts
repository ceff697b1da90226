import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { testFolder } from '../../../control/src/testing/test-database.js';

/** A program of others that runs for a test. */
export interface Program {
  child: ChildProcess;
  /** What it has written so far. */
  said(): string;
}

/** Starts it; it ends with the test. */
export function startProgram(
  t: Test,
  command: string,
  words: string[],
  env = process.env,
): Program {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  child.on('error', (error) => {
    said += error.message;
  });
  t.teardown(() => endProgram(child, 'SIGKILL'));
  return { child, said: () => said };
}

export async function endProgram(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

/** A folder in the test's own, for that user if given. */
export function folderFor(t: Test, name: string, owner?: { uid: number; gid: number }): string {
  const folder = join(testFolder(t), name);
  mkdirSync(folder);
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
}
