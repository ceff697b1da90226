/** Whether media has stopped for longer than anybody needs to hear nothing about it, and for how long. */
import type { ClientPayloads, Timers } from '../../../client/src/index.js';

const shownAfterMs = 1_000;

export type MediaGap = NonNullable<ClientPayloads['stats.report']['media_gaps']>[number];

export interface InterruptionListener {
  shown(isInterrupted: boolean): void;
  /** Of one that was shown. */
  ended(gap: MediaGap): void;
}

export class Interruption {
  private cause: MediaGap['cause'] | undefined;
  private since = 0;
  private isShown = false;
  private cancel = () => {};

  constructor(
    private readonly timers: Timers,
    private readonly listener: InterruptionListener,
  ) {}

  /** Nothing flows, and has not for so long. Whatever began it, a move is what it lasts for. */
  stopped(cause: MediaGap['cause'], forMs = 0): void {
    const hasStopped = this.cause !== undefined;
    if (!hasStopped || cause === 'migration') this.cause = cause;
    if (hasStopped) return;
    this.since = this.timers.now() - forMs;
    this.cancel = this.timers.after(Math.max(0, shownAfterMs - forMs), () => this.show(true));
  }

  flows(): void {
    const { cause, since, isShown } = this;
    this.cause = undefined;
    this.cancel();
    this.show(false);
    if (cause === undefined || !isShown) return;
    this.listener.ended({ ms: Math.round(this.timers.now() - since), cause });
  }

  private show(isInterrupted: boolean): void {
    if (this.isShown === isInterrupted) return;
    this.isShown = isInterrupted;
    this.listener.shown(isInterrupted);
  }
}
