import type { Clock } from '../clock.js';

/** Who is there is written each second, and that is read each second: so much may be between two news. */
const newsMs = 4000;
/** Reads come each second. */
const readLateMs = 2500;

interface Known {
  written: number;
  changedAt: number;
  /** When it was there for the first time. */
  foundAt: number;
}

/**
 * Of whom it is written that they are there: of nodes by whoever hears of them, of control processes by
 * themselves. It is changes that are looked at, and not times: those are of other clocks.
 */
export class Sightings {
  private readonly known = new Map<string, Known>();
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /**
   * @param all as they are written.
   * @returns those of which something else was written at the last look.
   */
  note(all: readonly { id: string; writtenAt: Date }[]): Set<string> {
    const now = this.clock.monotonic();
    // Others could not write either: they have their time from here on.
    if (now - this.readAt > readLateMs) for (const one of this.known.values()) one.changedAt = now;
    this.readAt = now;
    const present = new Set(all.map(({ id }) => id));
    for (const id of this.known.keys()) {
      if (!present.has(id) && !this.isSeen(id)) this.known.delete(id);
    }
    const news = all.filter((one) => this.hasChanged(one));
    return new Set(news.map(({ id }) => id));
  }

  /** Whether they are there. True while nobody can tell, as the database is away. */
  isSeen(id: string): boolean {
    const now = this.clock.monotonic();
    if (now - this.readAt > readLateMs) return true;
    return now - (this.known.get(id)?.changedAt ?? Number.NEGATIVE_INFINITY) < newsMs;
  }

  /** Whether it has been written of, and is no more. False for one that is new, and while nobody can tell. */
  isSilent(id: string): boolean {
    const now = this.clock.monotonic();
    const known = this.known.get(id);
    if (known === undefined || now - this.readAt > readLateMs) return false;
    return now - Math.max(known.changedAt, known.foundAt) >= newsMs;
  }

  private hasChanged({ id, writtenAt }: { id: string; writtenAt: Date }): boolean {
    const written = writtenAt.getTime();
    const before = this.known.get(id);
    if (before?.written === written) return false;
    // The first look says nothing about when.
    const changedAt = before === undefined ? Number.NEGATIVE_INFINITY : this.readAt;
    this.known.set(id, { written, changedAt, foundAt: before?.foundAt ?? this.readAt });
    return before !== undefined;
  }
}
