import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';

/** A program of others that runs for a test. */
export interface Program {
  child: ChildProcess;
  /** What it has written so far. */
  said(): string;
}

interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  /** What ends it with the test: one that has workers needs a word, else they outlive it. */
  ending?: NodeJS.Signals;
}

/** Starts it; it ends with the test. */
export function startProgram(
  t: Test,
  command: string,
  words: string[],
  { env = process.env, ending = 'SIGKILL' }: ProgramOptions = {},
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
  t.teardown(() => endProgram(child, ending));
  return { child, said: () => said };
}

export async function endProgram(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
