/** Which publications have come by a transport, and which are coming: by counters looked at repeatedly. */
import type { LineCounter } from './transport-counters.js';

/** Somebody silent still sends a packet each 400 ms (RFC 6716 §2.1.9); ms. */
const flowsForMs = 1_000;

interface Slot {
  publicationId: string;
  /** What had come by the m-line before this publication did. */
  before: number;
  count: number;
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
    for (const { mid, trackId, count } of counters) {
      const publicationId = mids.get(mid ?? '') ?? tracks.get(trackId ?? '');
      if (publicationId !== undefined) this.count(mid ?? trackId ?? '', publicationId, count, now);
    }
  }

  has(publicationId: string): boolean {
    return [...this.slots.values()].some(
      (slot) => slot.publicationId === publicationId && slot.count > slot.before,
    );
  }

  /** Something of it came within the last second, as far as that was looked at. */
  flows(publicationId: string, now: number): boolean {
    return [...this.slots.values()].some(
      (slot) => slot.publicationId === publicationId && now - slot.grewAt <= flowsForMs,
    );
  }

  private count(line: string, publicationId: string, count: number, now: number): void {
    const slot = this.slots.get(line);
    if (slot?.publicationId !== publicationId) {
      const before = slot?.count ?? 0;
      const grewAt = Number.NEGATIVE_INFINITY;
      this.slots.set(line, { publicationId, before, count, grewAt });
      return;
    }
    if (count > slot.count) slot.grewAt = now;
    slot.count = count;
  }
}
