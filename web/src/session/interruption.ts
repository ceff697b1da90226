/** Whether media has stopped for longer than anybody needs to hear nothing about it. */
import type { Timers } from '../../../client/src/index.js';

const shownAfterMs = 1_000;

export class Interruption {
  private hasStopped = false;
  private isShown = false;
  private cancel = () => {};

  constructor(
    private readonly timers: Timers,
    private readonly shown: (isInterrupted: boolean) => void,
  ) {}

  /** Nothing flows, and has not for so long. */
  stopped(forMs = 0): void {
    if (this.hasStopped) return;
    this.hasStopped = true;
    this.cancel = this.timers.after(Math.max(0, shownAfterMs - forMs), () => this.show(true));
  }

  flows(): void {
    this.hasStopped = false;
    this.cancel();
    this.show(false);
  }

  private show(isInterrupted: boolean): void {
    if (this.isShown === isInterrupted) return;
    this.isShown = isInterrupted;
    this.shown(isInterrupted);
  }
}
