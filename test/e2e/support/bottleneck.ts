/** A link of a set rate with a drop-tail queue of 300 ms, the one of RFC 8867, in user space. */

/** IPv4 and UDP headers are on the link too. */
const headerBytes = 28;
const queueMs = 300;

export class Bottleneck {
  /** When what was let in so far will have passed, by performance.now(). */
  private freeAt = 0;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(public rateBps: number) {}

  /** Calls `send` when a datagram of that size has passed; drops it when the queue is full. */
  pass(bytes: number, send: () => void): void {
    if (this.rateBps === Number.POSITIVE_INFINITY) {
      send();
      return;
    }
    const now = performance.now();
    const begins = Math.max(now, this.freeAt);
    if (begins - now > queueMs) return;
    this.freeAt = begins + (8000 * (bytes + headerBytes)) / this.rateBps;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      send();
    }, this.freeAt - now);
    this.timers.add(timer);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}
