/** From when to when, by the world's time. */
interface Span {
  from: number;
  to: number;
}

/**
 * What was wrong, and when: with a host (it stood still, or was not there) under its name, with a way
 * under `one>other`. A connection that is cut is no trouble: the next one stands at once.
 */
export class Troubles {
  private readonly spans = new Map<string, Span[]>();

  constructor(private readonly now: () => number) {}

  begin(what: string): void {
    const spans = this.spans.get(what) ?? [];
    this.spans.set(what, spans);
    if (spans.at(-1)?.to !== Number.POSITIVE_INFINITY) {
      spans.push({ from: this.now(), to: Number.POSITIVE_INFINITY });
    }
  }

  end(what: string): void {
    const last = this.spans.get(what)?.at(-1);
    if (last?.to === Number.POSITIVE_INFINITY) last.to = this.now();
  }

  /** For how long, of the last `withinMs`, at least one of these was so. */
  lastedMs(those: readonly string[], withinMs: number): number {
    const since = this.now() - withinMs;
    const spans = those
      .flatMap((what) => this.spans.get(what) ?? [])
      .map(({ from, to }) => ({ from: Math.max(from, since), to: Math.min(to, this.now()) }))
      .sort((one, other) => one.from - other.from);
    let [sum, until] = [0, since];
    for (const { from, to } of spans) {
      sum += Math.max(0, to - Math.max(from, until));
      until = Math.max(until, to);
    }
    return sum;
  }
}
