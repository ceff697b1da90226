/** From when to when, in recorded time. */
export interface Span {
  from: number;
  to: number;
}

/** What was the case when, of several things. */
export class Spans<Key> {
  private readonly closed = new Map<Key, Span[]>();
  private readonly running = new Map<Key, number>();
  /** Nobody knows whether they have ended. */
  private suspended: ReadonlySet<Key> = new Set();
  private suspendedUntil = 0;

  /** @param bridgeMs two spans of a thing with less between them are one. */
  constructor(private readonly bridgeMs: number) {}

  /** What is open already stays so. */
  open(key: Key, at: number): void {
    if (this.running.has(key)) return;
    const before = this.closed.get(key)?.at(-1);
    const isBridged = before !== undefined && at - before.to < this.bridgeMs;
    const isReturn = this.suspended.has(key) && at <= this.suspendedUntil;
    if (before !== undefined && (isBridged || isReturn)) {
      this.closed.get(key)?.pop();
      this.running.set(key, before.from);
    } else {
      this.running.set(key, at);
    }
  }

  close(key: Key, at: number): void {
    const from = this.running.get(key);
    if (from === undefined) return;
    this.running.delete(key);
    const spans = this.closed.get(key) ?? [];
    spans.push({ from, to: Math.max(from, at) });
    this.closed.set(key, spans);
  }

  /** All have ended `at`, but for those that are opened again before `until`: they never have. */
  suspend(at: number, until: number): void {
    this.suspended = new Set(this.running.keys());
    this.suspendedUntil = until;
    for (const key of this.suspended) this.close(key, at);
  }

  /** All of them, each thing's in their order. */
  end(at: number): ReadonlyMap<Key, readonly Span[]> {
    for (const key of [...this.running.keys()]) this.close(key, at);
    return this.closed;
  }
}
