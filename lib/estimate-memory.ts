/** What the link of a participant who left carried, for the case that it comes back (1.14). */

/** Longer ago it says nothing about the link any more. */
const LIFETIME_MS = 60_000;
/** Participants who came and went within a minute; the oldest are forgotten first. */
const MAX_KEPT = 1000;

export class EstimateMemory {
  readonly #kept = new Map<string, { estimateBps: number; atMs: number }>();

  keep(participantId: string, estimateBps: number, nowMs: number): void {
    this.#kept.delete(participantId);
    this.#kept.set(participantId, { estimateBps, atMs: nowMs });
    for (const [id, { atMs }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT && nowMs - atMs < LIFETIME_MS) break;
      this.#kept.delete(id);
    }
  }

  recall(participantId: string, nowMs: number): { estimateBps: number; ageUs: number } | undefined {
    const found = this.#kept.get(participantId);
    return found && { estimateBps: found.estimateBps, ageUs: 1000 * (nowMs - found.atMs) };
  }
}
