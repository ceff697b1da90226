/** What is missing of a track, and why: one gap at a time, in recorded time. */
import type { GapReason } from '../manifest/lines.js';

export type WriteGap = (gap: { from: number; to: number; reason: GapReason }) => void;

/** Shorter ones are rounding. */
export const MIN_GAP_MS = 1;

export class Gaps {
  readonly #write: WriteGap;
  #open: { from: number; reason: GapReason } | null = null;

  constructor(write: WriteGap) {
    this.#write = write;
  }

  get reason(): GapReason | null {
    return this.#open?.reason ?? null;
  }

  /** From `fromMs` on something is missing; for another reason than before: from `changeMs` on. */
  open(reason: GapReason, fromMs: number, changeMs = fromMs): void {
    if (!this.#open) this.#open = { from: fromMs, reason };
    else if (this.#open.reason !== reason) {
      const at = Math.max(changeMs, this.#open.from);
      this.close(at);
      this.#open = { from: at, reason };
    }
  }

  /** It began earlier than was known: what was written from there on is gone again. */
  widen(reason: GapReason, fromMs: number): void {
    const open = this.#open;
    if (!open || fromMs >= open.from) this.open(reason, fromMs);
    else if (open.reason === reason) open.from = fromMs;
    else this.#write({ from: fromMs, to: open.from, reason });
  }

  close(toMs: number): void {
    const open = this.#open;
    this.#open = null;
    if (open && toMs - open.from >= MIN_GAP_MS) this.#write({ ...open, to: toMs });
  }
}
