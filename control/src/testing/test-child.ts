import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { eventually } from './test-redis.js';

/** A program of a test's own, that can be killed and begun again; ended by its pid at the test's end. */
export class TestChild {
  private child: ChildProcess | null = null;

  constructor(
    t: Test,
    private readonly file: string,
    private readonly args: readonly string[],
  ) {
    t.teardown(() => this.kill());
  }

  start(): void {
    this.child = spawn(this.file, this.args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // What it complains of, when it ends by itself.
    this.child.stderr?.on('data', (chunk) => {
      this.complaints = `${this.complaints}${chunk}`.slice(-2000);
    });
  }

  complaints = '';

  get isRunning(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    return this.child?.pid as number;
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    if (this.child === null || !this.isRunning) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Until `look` resolves. */
  async answers(look: () => Promise<unknown>): Promise<void> {
    await eventually(`${this.file} answers`, async () => {
      if (!this.isRunning) throw new Error(`${this.file} ended: ${this.complaints}`);
      return look().then(
        () => true,
        () => undefined,
      );
    });
  }
}
