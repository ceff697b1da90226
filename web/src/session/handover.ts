/**
 * The time in which media moves from older sessions to a new one: tells the server when all that flowed
 * flows by the new one. It is over when the server has answered, the nodes of the older ones have ended
 * them (others may not have moved yet) and nothing of them is shown any more. At the deadline the older
 * ones end, whatever is lacking; the server is told when the new one carries all the same.
 */
import type { Timers } from '../../../client/src/index.js';

const lookEveryMs = 100;
/** Once others are waited for: to move, and to send what is not there yet. */
const lookSeldomMs = 500;
/** What flows by the old ones is known after so long; ms. */
const watchedForMs = 600;

export interface Progress {
  /** Something can pass by the new session both ways. */
  isReady: boolean;
  /** … and all that flows by the older ones has come by it. */
  hasTakenOver: boolean;
  /** The older ones still send, or a last picture of them is still shown. */
  hasOld: boolean;
}

export interface HandoverEnvironment {
  timers: Timers;
  /** The older ones stay no longer. */
  deadlineMs: number;
  look(): Promise<Progress>;
  /** Tells the server; resolves at its answer, whatever it is. */
  done(): Promise<unknown>;
  /** The older sessions end, and nothing of them stays. */
  over(): void;
}

export class Handover {
  private readonly beganAt: number;
  private isTold = false;
  private isAnswered = false;
  private isOver = false;
  private cancelLook = () => {};
  private readonly cancelDeadline: () => void;

  constructor(private readonly environment: HandoverEnvironment) {
    const { timers, deadlineMs } = environment;
    this.beganAt = timers.now();
    this.cancelDeadline = timers.after(deadlineMs, () => this.environment.over());
    this.lookLater();
  }

  /** Without a word: it is over, or another one takes its place. */
  cancel(): void {
    this.isOver = true;
    this.cancelLook();
    this.cancelDeadline();
  }

  private lookLater(): void {
    const wait = this.isAnswered ? lookSeldomMs : lookEveryMs;
    this.cancelLook = this.environment.timers.after(wait, () => void this.look());
  }

  private async look(): Promise<void> {
    const { timers, look } = this.environment;
    const progress = await look().catch(() => undefined);
    if (this.isOver) return;
    const isWatched = timers.now() - this.beganAt >= watchedForMs;
    if (progress?.hasTakenOver && isWatched) this.tell();
    const isAll = progress?.isReady && !progress.hasOld;
    if (!isAll || !this.isAnswered) return this.lookLater();
    this.cancel();
    this.environment.over();
  }

  private tell(): void {
    if (this.isTold) return;
    this.isTold = true;
    const answered = () => {
      this.isAnswered = true;
    };
    this.environment.done().then(answered, answered);
  }
}
