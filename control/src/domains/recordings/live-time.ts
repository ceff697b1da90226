import type { Clock } from '../../clock.js';

/**
 * How long a meeting has been recorded, pauses apart, by the monotonic clock of the process that has its
 * room. What a recorder says of it counts more: its files are in that time.
 */
export class RecordedTime {
  private since: number | null = null;

  /** @param beforeMs in milliseconds, until now. It stands still until it runs. */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private beforeMs = 0,
  ) {}

  get ms(): number {
    if (this.since === null) return this.beforeMs;
    return this.beforeMs + this.clock.monotonic() - this.since;
  }

  get runs(): boolean {
    return this.since !== null;
  }

  run(isRunning: boolean): void {
    if (isRunning === this.runs) return;
    this.beforeMs = this.ms;
    this.since = isRunning ? this.clock.monotonic() : null;
  }

  set(ms: number): void {
    this.beforeMs = ms;
    if (this.since !== null) this.since = this.clock.monotonic();
  }
}
