import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Lifetime } from './test-database.js';
import { eventually } from './test-redis.js';

/** A program of a test's own, that can be killed and begun again; ended by its pid at the test's end. */
export class TestChild {
  private child: ChildProcess | null = null;
  /** The end of what it has complained of. */
  complaints = '';
  /** Hears what it says on stdout. */
  onLine: (line: string) => void = () => {};

  constructor(
    t: Lifetime,
    private readonly file: string,
    private readonly args: readonly string[],
  ) {
    t.teardown(() => this.kill());
  }

  start(): void {
    this.child = spawn(this.file, this.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => this.onLine(line));
    this.child.stderr?.on('data', (chunk) => {
      this.complaints = `${this.complaints}${chunk}`.slice(-2000);
    });
  }

  get isRunning(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it has ended, whoever ended it. */
  async ended(): Promise<void> {
    if (this.child !== null && this.isRunning) await once(this.child, 'exit');
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
