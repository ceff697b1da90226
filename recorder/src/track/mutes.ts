/** When a track was muted, in recorded time: nothing of it is missing then. */

interface Stretch {
  from: number;
  to: number;
}

export class Mutes {
  /** In order; the last one may last. */
  #stretches: Stretch[] = [];

  begin(ms: number): void {
    if (!this.#isMuted) this.#stretches.push({ from: ms, to: Number.POSITIVE_INFINITY });
  }

  end(ms: number): void {
    const last = this.#stretches.at(-1);
    if (last && this.#isMuted) last.to = ms;
  }

  /** Nobody asks for what is before `ms` any more. */
  forget(ms: number): void {
    if (this.#stretches.length > 0) this.#stretches = this.#stretches.filter(({ to }) => to > ms);
  }

  /** What of a stretch it was not muted. */
  without({ from, to }: Stretch): Stretch[] {
    const parts: Stretch[] = [];
    let at = from;
    for (const mute of this.#stretches) {
      if (mute.to <= at || mute.from >= to) continue;
      if (mute.from > at) parts.push({ from: at, to: mute.from });
      at = mute.to;
    }
    if (at < to) parts.push({ from: at, to });
    return parts;
  }

  /** Of what is left of a stretch, ms. */
  missing(stretch: Stretch): number {
    return this.without(stretch).reduce((sum, { from, to }) => sum + to - from, 0);
  }

  longest(stretch: Stretch): number {
    return Math.max(0, ...this.without(stretch).map(({ from, to }) => to - from));
  }

  get #isMuted(): boolean {
    return this.#stretches.at(-1)?.to === Number.POSITIVE_INFINITY;
  }
}
