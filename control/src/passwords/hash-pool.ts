import type { Clock } from '../clock.js';
import { ControlError } from '../control-error.js';

export interface PoolLimits {
  /** Works at once: hashing is all processor, so more than cores only makes each slower. */
  atOnce: number;
  /** More who wait than this are refused at once: raising it costs memory, not time. */
  maxWaiting: number;
  maxWaitMs: number;
}

/** Lets so many works run at once; others wait in line, not too many and not too long. */
export class HashPool {
  private running = 0;
  private readonly line: (() => void)[] = [];

  constructor(
    private readonly limits: PoolLimits,
    private readonly clock: Clock,
  ) {}

  /** @throws ControlError `rate_limited` when the line is too long, or does not move in time. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    const { atOnce, maxWaiting, maxWaitMs } = this.limits;
    if (this.running < atOnce) {
      this.running += 1;
      return;
    }
    if (this.line.length >= maxWaiting) throw busy(maxWaitMs);
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        giveUp();
        resolve();
      };
      const giveUp = this.clock.after(maxWaitMs, () => {
        this.line.splice(this.line.indexOf(go), 1);
        reject(busy(maxWaitMs));
      });
      this.line.push(go);
    });
  }

  /** The place goes to the next in line, or is free. */
  private leave(): void {
    const next = this.line.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }
}

function busy(retryAfterMs: number): ControlError {
  return new ControlError('rate_limited', 'Too many people log in right now.', { retryAfterMs });
}
