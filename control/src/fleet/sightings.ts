import type { Clock } from '../clock.js';

/** Who hears of a node writes it each second, and it is read each second: so much may be between two news. */
const newsMs = 4000;
/** Reads come each second. */
const readLateMs = 2500;

/**
 * Which nodes other processes hear of, by what they write. It is changes that are looked at, and not
 * times: those are of other clocks.
 */
export class Sightings {
  private readonly known = new Map<string, { written: number; changedAt: number }>();
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** All nodes, as they are written. */
  note(nodes: readonly { nodeId: string; lastSeenAt: Date }[]): void {
    const now = this.clock.monotonic();
    // Others could not write either: they have their time from here on.
    if (now - this.readAt > readLateMs) for (const one of this.known.values()) one.changedAt = now;
    this.readAt = now;
    const present = new Set(nodes.map(({ nodeId }) => nodeId));
    for (const nodeId of this.known.keys()) if (!present.has(nodeId)) this.known.delete(nodeId);
    for (const { nodeId, lastSeenAt } of nodes) {
      const written = lastSeenAt.getTime();
      const before = this.known.get(nodeId);
      if (before?.written === written) continue;
      // The first look says nothing about when.
      const changedAt = before === undefined ? Number.NEGATIVE_INFINITY : now;
      this.known.set(nodeId, { written, changedAt });
    }
  }

  /** Whether somebody hears of it. True while nobody can tell, as the database is away. */
  isSeen(nodeId: string): boolean {
    const now = this.clock.monotonic();
    if (now - this.readAt > readLateMs) return true;
    return now - (this.known.get(nodeId)?.changedAt ?? Number.NEGATIVE_INFINITY) < newsMs;
  }
}
