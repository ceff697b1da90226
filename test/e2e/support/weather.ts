/** What a link does to datagrams: loses, delays and reorders them. */

/** mulberry32: a small seeded generator, uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Weather {
  /** Share of datagrams dropped in each direction, 0–1; 1: the link is silent. */
  loss: number;
  delayMs: number;
  /** So much more at most, drawn for each datagram. */
  jitterMs: number;
  /** Later ones may overtake; else each waits for the one before. */
  isReordering: boolean;
}

export const fair: Weather = { loss: 0, delayMs: 0, jitterMs: 0, isReordering: false };

/** One direction of a link. */
export class Sky {
  private lastDue = 0;
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Those that may not overtake: timers of different lengths do, by a millisecond. */
  private readonly inTurn: (() => void)[] = [];

  constructor(private readonly random: () => number) {}

  /** Calls `send` when the datagram has passed. @returns false: it is lost. */
  pass({ loss, delayMs, jitterMs, isReordering }: Weather, send: () => void): boolean {
    if (loss > 0 && this.random() < loss) return false;
    if (delayMs === 0 && jitterMs === 0) {
      send();
      return true;
    }
    const now = performance.now();
    const due = now + delayMs + jitterMs * this.random();
    const dueInTurn = isReordering ? due : Math.max(due, this.lastDue);
    this.lastDue = dueInTurn;
    if (!isReordering) this.inTurn.push(send);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      const next = isReordering ? send : this.inTurn.shift();
      next?.();
    }, dueInTurn - now);
    this.timers.add(timer);
    return true;
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}
