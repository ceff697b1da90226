/**
 * The process of one composition: the recorder forks it (renderer.ts), says what is to be done, and hears how far it is. It and all that
 * it starts are one process group of the lowest priority; when the recorder is gone, they end.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { Job, type JobOrder, type JobResult } from './job.js';

export type JobWord =
  /** It goes on when it hears that it may take them. */
  | { type: 'needs'; bytes: number; cpuSeconds: number }
  /** `broughtBytes`: of inputs that are being fetched, which is no progress of the film yet. */
  | { type: 'progress'; progress: number; broughtBytes: number; cpuSeconds: number }
  | { type: 'done'; result: JobResult; cpuSeconds: number }
  | { type: 'failed'; detail: string; cpuSeconds: number };

const tellEachMs = 1_000;
const lowestPriority = 19;

function yieldToOthers(): void {
  setPriority(lowestPriority);
  // Where there is no ionice, the disk is shared as usual.
  execFile('ionice', ['-c', '3', '-p', String(process.pid)], () => {});
}

async function run(order: JobOrder): Promise<void> {
  let progress = 0;
  const say = (word: JobWord) =>
    new Promise<void>((resolve) => {
      if (process.send) process.send(word, () => resolve());
      else resolve();
    });
  const job = new Job(order, {
    onProgress: (value) => {
      progress = value;
    },
    takeSpace: async (bytes) => {
      const taken = once(process, 'message');
      await say({ type: 'needs', bytes, cpuSeconds: programs.cpuSeconds() });
      await taken;
    },
  });
  const { programs } = job;
  const stop = () => void programs.stopAll().then(() => process.exit(1));
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  const telling = setInterval(() => {
    const { broughtBytes } = job;
    void say({ type: 'progress', progress, broughtBytes, cpuSeconds: programs.cpuSeconds() });
  }, tellEachMs);
  try {
    const result = await job.run();
    await say({ type: 'done', result, cpuSeconds: programs.cpuSeconds() });
  } catch (error) {
    await programs.stopAll();
    const detail = error instanceof Error ? error.message : String(error);
    await say({ type: 'failed', detail, cpuSeconds: programs.cpuSeconds() });
  } finally {
    clearInterval(telling);
    process.off('disconnect', stop);
    process.disconnect?.();
  }
}

yieldToOthers();
process.once('message', (order) => void run(order as JobOrder));
