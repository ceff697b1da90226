import type { Clock } from '../../clock.js';

/** The other side of a socket, as far as it promised to be heard. */
export interface Heart {
  /** By the clock's `monotonic`. */
  readonly heardAt: number;
  /** It said that it sends something at least this often. */
  readonly heartbeatMs: number;
  /** Called once for each silence. */
  missed(): void;
}

/** How often all sockets are looked at: what a loss may be seen late by, of the 2 s that it has. */
const lookEveryMs = 100;
/** One may be late; after two nobody is there. */
const missedBeats = 2;

/**
 * Notices who promised heartbeats and has gone silent. One timer for all sockets of the process: a
 * look at 5000 of them compares 5000 numbers.
 */
export class Heartbeats {
  private readonly watched = new Set<Heart>();
  private isLooking = false;

  constructor(private readonly clock: Clock) {}

  /** From now on, until it was missed or is forgotten. */
  watch(heart: Heart): void {
    this.watched.add(heart);
    if (this.isLooking) return;
    this.isLooking = true;
    this.lookLater();
  }

  forget(heart: Heart): void {
    this.watched.delete(heart);
  }

  private lookLater(): void {
    this.clock.after(lookEveryMs, () => this.look());
  }

  private look(): void {
    const now = this.clock.monotonic();
    for (const heart of this.watched) {
      if (now - heart.heardAt < missedBeats * heart.heartbeatMs) continue;
      this.watched.delete(heart);
      heart.missed();
    }
    this.isLooking = this.watched.size > 0;
    if (this.isLooking) this.lookLater();
  }
}
