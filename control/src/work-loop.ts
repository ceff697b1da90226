import type { Clock } from './clock.js';

export interface WorkLoopOptions {
  clock: Clock;
  /** Between turns when nobody pokes. */
  idleMs: number;
  /** Does what there is to do. A turn that fails is tried again after the next `idleMs`. */
  turn: () => Promise<void>;
  onFailure: (error: unknown) => void;
}

/**
 * Work that waits in the database: a turn when somebody knows that there is some, and now and then
 * in case another process does. One turn at a time; a poke during a turn makes another one follow.
 */
export class WorkLoop {
  private state: 'stopped' | 'idle' | 'turning' = 'stopped';
  private poked = false;
  private running: Promise<void> = Promise.resolve();
  private cancelNext = () => {};

  constructor(private readonly options: WorkLoopOptions) {}

  start(): void {
    if (this.state !== 'stopped') return;
    this.state = 'idle';
    this.poke();
  }

  poke(): void {
    if (this.state === 'turning') this.poked = true;
    if (this.state !== 'idle') return;
    this.cancelNext();
    this.state = 'turning';
    this.running = this.run();
  }

  /** Resolves when the turn that runs, and what it was poked to do, is done. */
  settled(): Promise<void> {
    return this.running;
  }

  /** No turn begins after this; resolves when the last one is over. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    this.cancelNext();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, idleMs, turn, onFailure } = this.options;
    try {
      do {
        this.poked = false;
        await turn();
      } while (this.poked && this.state === 'turning');
    } catch (error) {
      onFailure(error);
    }
    if (this.state !== 'turning') return;
    this.state = 'idle';
    this.cancelNext = clock.after(idleMs, () => this.poke());
  }
}
