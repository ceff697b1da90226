/**
 * Recorded time: milliseconds since the recording began, pauses apart. It follows the engine's clock,
 * which never jumps; the wall clock only labels it.
 */
interface Stretch {
  fromUs: number;
  /** Exclusive; null: it lasts. */
  toUs: number | null;
  baseMs: number;
}

/** Media is looked up that was captured seconds ago, not stretches ago. */
const MAX_STRETCHES = 64;

export class RecordedTime {
  readonly #stretches: Stretch[] = [];
  #baseMs: number;

  /** `baseMs`: what was recorded before; it stands still until `run`. */
  constructor(baseMs: number) {
    this.#baseMs = baseMs;
  }

  get isRunning(): boolean {
    const last = this.#stretches.at(-1);
    return last !== undefined && last.toUs === null;
  }

  run(nowUs: number): void {
    if (this.isRunning) return;
    this.#stretches.push({ fromUs: nowUs, toUs: null, baseMs: this.#baseMs });
    if (this.#stretches.length > MAX_STRETCHES) this.#stretches.shift();
  }

  pause(nowUs: number): void {
    const last = this.#stretches.at(-1);
    if (!last || last.toUs !== null) return;
    last.toUs = Math.max(nowUs, last.fromUs);
    this.#baseMs = last.baseMs + (last.toUs - last.fromUs) / 1000;
  }

  /** Of what is captured at that moment, ms; null: it is not recorded, for it is of a pause or before the beginning. */
  at(us: number): number | null {
    for (let index = this.#stretches.length - 1; index >= 0; index--) {
      const stretch = this.#stretches[index];
      if (!stretch || us < stretch.fromUs) continue;
      if (stretch.toUs !== null && us >= stretch.toUs) return null;
      return stretch.baseMs + (us - stretch.fromUs) / 1000;
    }
    return null;
  }

  /** Where it stands. */
  nowMs(nowUs: number): number {
    const last = this.#stretches.at(-1);
    if (!last || last.toUs !== null) return this.#baseMs;
    return last.baseMs + Math.max(0, nowUs - last.fromUs) / 1000;
  }
}
