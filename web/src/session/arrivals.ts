/** Which publications have come by a transport, and which are coming: by counters looked at repeatedly. */
import type { LineCounter } from './transport-counters.js';

/** Somebody silent still sends a packet each 400 ms (RFC 6716 §2.1.9); ms. */
const flowsForMs = 1_000;

interface Slot {
  publicationId: string;
  /** What had come by the m-line before this publication did. */
  before: number;
  count: number;
  enough: number;
  grewAt: number;
}

export class Arrivals {
  private readonly slots = new Map<string, Slot>();

  /** @param mids publication ids by m-line; tracks: the same by the id of the track. */
  look(
    counters: readonly LineCounter[],
    mids: ReadonlyMap<string, string>,
    tracks: ReadonlyMap<string, string>,
    now: number,
  ): void {
    for (const counter of counters) {
      const publicationId = mids.get(counter.mid ?? '') ?? tracks.get(counter.trackId ?? '');
      if (publicationId !== undefined) this.count(counter, publicationId, now);
    }
  }

  /** Enough to go on with. */
  has(publicationId: string): boolean {
    return [...this.slots.values()].some(
      (slot) => slot.publicationId === publicationId && slot.count >= slot.before + slot.enough,
    );
  }

  /** Something of it came within the last second, as far as that was looked at. */
  flows(publicationId: string, now: number): boolean {
    return [...this.slots.values()].some(
      (slot) => slot.publicationId === publicationId && now - slot.grewAt <= flowsForMs,
    );
  }

  private count({ mid, trackId, count, enough }: LineCounter, publicationId: string, now: number) {
    const line = mid ?? trackId ?? '';
    const slot = this.slots.get(line);
    if (slot?.publicationId !== publicationId) {
      const before = slot?.count ?? 0;
      const grewAt = Number.NEGATIVE_INFINITY;
      this.slots.set(line, { publicationId, before, count, enough, grewAt });
      return;
    }
    if (count > slot.count) slot.grewAt = now;
    slot.count = count;
  }
}
