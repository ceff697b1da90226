/** A recorder in a folder of its own, on a clock that the test turns. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecorderClock } from '../clock.js';
import type { RecordingOrder } from '../contract.js';
import { createRecorder, type Recorder, type RecorderOptions } from '../recorder.js';
import { diskFiles } from '../sink/file-layer.js';
import { FileStore } from './file-store.js';
import { WatchedFiles } from './watched-files.js';

/** Virtual: `advance` runs what is due, in order. */
export class TestClock implements RecorderClock {
  ms = 1_000_000;
  /** What the wall clock is wrong by. */
  wallMs = 1_800_000_000_000;
  /** What is waited for, each 100 ms. */
  readonly watched: WatchedFiles[] = [];
  #tasks: { at: number; task: () => void }[] = [];

  now(): number {
    return this.wallMs + this.ms;
  }

  monotonic(): number {
    return this.ms;
  }

  nowUs(): number {
    return this.ms * 1000;
  }

  after(delayMs: number, task: () => void): () => void {
    const entry = { at: this.ms + delayMs, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((each) => each !== entry);
    };
  }

  advance(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const due = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#tasks = this.#tasks.filter((each) => each !== due);
      this.ms = Math.max(this.ms, due.at);
      due.task();
    }
    this.ms = end;
  }

  async #settle(): Promise<void> {
    // A disk of a test that hangs is not waited for.
    for (let turns = 0; turns < 2000; turns++) {
      await turn();
      if (this.watched.every(({ busy }) => busy === 0)) return;
    }
  }

  /** Steps of 100 ms, with what files and stores do in between, until it is so. */
  async until(isSo: () => boolean, what: string, limitMs = 15_000): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`it was never so: ${what}`);
      this.advance(100);
      await this.#settle();
    }
  }

  /** Time passes, and what is written in it is written. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.advance(Math.min(100, ms - passed));
      await this.#settle();
    }
  }
}

/** Lets files that are being written come to an end: a turn of the loop does not do. */
async function turn(): Promise<void> {
  for (let count = 0; count < 3; count++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export interface TestRecorder {
  recorder: Recorder;
  clock: TestClock;
  folder: string;
  store: FileStore;
}

export async function openRecorder(options: Partial<RecorderOptions> = {}): Promise<TestRecorder> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'plenum-recorder-')));
  const clock = (options.clock as TestClock | undefined) ?? new TestClock();
  const store = new FileStore(join(folder, 'store'));
  const files = new WatchedFiles(options.files ?? diskFiles);
  clock.watched.push(files);
  const recorder = await createRecorder({
    recorderId: 'recorder-1',
    log: () => {},
    reserve: { minBytes: 0, share: 0 },
    store,
    ...options,
    folder,
    clock,
    files,
    nowUs: () => clock.nowUs(),
  });
  return { recorder, clock, folder, store };
}

export function orderOf(more: Partial<RecordingOrder> = {}): RecordingOrder {
  return {
    recordingId: '0198c0de-0000-7000-8000-0000000000aa',
    meetingId: '0198c0de-0000-7000-8000-0000000000bb',
    title: 'Weekly',
    startedAt: '2026-11-30T10:00:00.000Z',
    consent: 'inform',
    take: 1,
    recordedMs: 0,
    isPaused: false,
    allowed: null,
    ...more,
  };
}
