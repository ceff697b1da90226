import type { Clock } from '../clock.js';

export interface ReachContext {
  clock: Clock;
  /** Resolves when the server answers and can be written to. Rejects soon otherwise. */
  probe: () => Promise<void>;
  /** Whether a probe failed for silence alone, which on a busy machine proves nothing by itself. */
  isSilence: (error: unknown) => boolean;
  /** Nobody can reach it from now on. */
  lost: () => void;
}

/** Soon enough for whoever waits, seldom enough for a server that is starting. */
const probeEveryMs = 200;
/** In a row. */
const silencesThatCount = 3;

/**
 * Whether a server can be reached. One failure is a doubt, and a probe tells: one that is refused, or
 * three in a row that have no answer. While it is away nobody but the next probe waits for it, and
 * everybody else is refused at once.
 */
export class Reach {
  private away = false;
  private silences = 0;
  private isProbing = false;
  private stopped = false;
  private cancel = () => {};
  private readonly listeners = new Set<() => void>();

  constructor(private readonly context: ReachContext) {}

  get isAway(): boolean {
    return this.away;
  }

  /** @param listener called each time that it is there again. @returns calls that off. */
  onBack(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Something failed, or takes long. */
  doubt(): void {
    if (this.isProbing || this.away || this.stopped) return;
    this.probe();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private probe(): void {
    this.isProbing = true;
    this.context.probe().then(
      () => this.hears(true),
      (error) => this.hears(false, error),
    );
  }

  private hears(isThere: boolean, error?: unknown): void {
    this.isProbing = false;
    if (this.stopped) return;
    this.silences = !isThere && this.context.isSilence(error) ? this.silences + 1 : 0;
    const isInDoubt = this.silences > 0 && this.silences < silencesThatCount;
    if (isInDoubt && !this.away) this.probe();
    else this.found(isThere);
  }

  private found(isThere: boolean): void {
    const wasAway = this.away;
    this.away = !isThere;
    if (!isThere) {
      this.cancel = this.context.clock.after(probeEveryMs, () => this.probe());
      if (!wasAway) this.context.lost();
    } else if (wasAway) for (const listener of this.listeners) listener();
  }
}
