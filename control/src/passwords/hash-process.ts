import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Options } from '@node-rs/argon2';

type Work =
  | { kind: 'hash'; password: string; parameters: Options }
  | { kind: 'verify'; password: string; against: string };

export type HashWork = Work & { id: number };
export type Done = { id: number; result: string | boolean } | { id: number; error: string };

interface Waiting {
  resolve: (result: string | boolean) => void;
  reject: (error: Error) => void;
}

/**
 * A process that hashes, begun when it is needed and kept: in a session of its own, since only sessions
 * as a whole step back behind other sessions, those of PostgreSQL's processes for example.
 */
class HashProcess {
  private child: ChildProcess | null = null;
  private lastId = 0;
  private readonly waiting = new Map<number, Waiting>();

  /** @throws Error when the process ends meanwhile; the next call begins another. */
  hash(password: string, parameters: Options): Promise<string> {
    return this.run({ kind: 'hash', password, parameters }) as Promise<string>;
  }

  /** @throws Error also when `against` is no hash. */
  verify(against: string, password: string): Promise<boolean> {
    return this.run({ kind: 'verify', password, against }) as Promise<boolean>;
  }

  /** At once: whoever calls bounds how many. */
  private run(work: Work): Promise<string | boolean> {
    this.child ??= this.begin();
    const { child } = this;
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      keepRunning(child, true);
      child.send({ ...work, id } satisfies HashWork, (error) => {
        if (error !== null) this.settle(id, ({ reject }) => reject(error));
      });
    });
  }

  private begin(): ChildProcess {
    const child = fork(new URL('./hash-process-main.js', import.meta.url), {
      detached: true,
      // It needs no setting and no secret of the server's.
      env: { UV_THREADPOOL_SIZE: String(availableParallelism()) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = (error: Error) => {
      if (this.child !== child) return;
      this.child = null;
      for (const id of this.waiting.keys()) this.settle(id, ({ reject }) => reject(error));
    };
    child.on('message', (done: Done) => {
      this.settle(done.id, ({ resolve, reject }) =>
        'error' in done ? reject(new Error(done.error)) : resolve(done.result),
      );
    });
    child.on('error', ended);
    child.on('exit', (code, signal) =>
      ended(new Error(`the hashing process ended with ${signal ?? code}`)),
    );
    return child;
  }

  private settle(id: number, by: (waiting: Waiting) => void): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    if (this.waiting.size === 0 && this.child !== null) keepRunning(this.child, false);
    by(waiting);
  }
}

/** An idle one does not keep the server from ending. */
function keepRunning(child: ChildProcess, isNeeded: boolean): void {
  for (const handle of [child, child.channel]) {
    if (isNeeded) handle?.ref();
    else handle?.unref();
  }
}

/** That of this process: its threads are as many as the cores. */
export const hashProcess = new HashProcess();
