import { Worker } from 'node:worker_threads';
import type { Options } from '@node-rs/argon2';

export type HashWork =
  | { kind: 'hash'; password: string; parameters: Options }
  | { kind: 'verify'; password: string; against: string };

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** A thread, and who waits for what it does. */
class HashThread {
  private readonly worker = new Worker(new URL('./hash-thread.js', import.meta.url));
  private waiting: Waiting | null = null;
  isDead = false;

  constructor() {
    this.worker.on('message', (result) => this.settle((waiting) => waiting.resolve(result)));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`a hashing thread ended with ${code}`)));
  }

  /** One at a time. */
  run(work: HashWork): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.worker.ref();
      this.worker.postMessage(work);
    });
  }

  private fail(error: unknown): void {
    this.isDead = true;
    this.settle((waiting) => waiting.reject(error));
  }

  private settle(by: (waiting: Waiting) => void): void {
    const { waiting } = this;
    this.waiting = null;
    // One that has nothing to do keeps no process from ending.
    this.worker.unref();
    if (waiting !== null) by(waiting);
  }
}

/**
 * Threads that hash, begun when they are needed and kept: not those of libuv, in which files and names
 * would wait behind hashes. Their priority is below that of all other threads.
 */
class HashThreads {
  private readonly idle: HashThread[] = [];

  hash(password: string, parameters: Options): Promise<string> {
    return this.run({ kind: 'hash', password, parameters }) as Promise<string>;
  }

  /** @throws Error when `against` is no hash. */
  verify(against: string, password: string): Promise<boolean> {
    return this.run({ kind: 'verify', password, against }) as Promise<boolean>;
  }

  /** In a thread that has nothing to do, else in a new one: whoever calls bounds how many. */
  private async run(work: HashWork): Promise<unknown> {
    const idle = this.idle.pop();
    const thread = idle === undefined || idle.isDead ? new HashThread() : idle;
    try {
      return await thread.run(work);
    } finally {
      this.idle.push(thread);
    }
  }
}

/** Those of the process: cores are the process's too. */
export const hashThreads = new HashThreads();
