/**
 * Acknowledged throughput (§1.6; libwebrtc robust_throughput_estimator): the smaller of the rates at
 * which the packets of a window were sent and received, the longest silence of the receiver left out.
 */

const MAX_PACKETS = 500;
const KEPT_PACKETS = 20;
const MIN_WINDOW_US = 1_000_000;
const MAX_WINDOW_US = 5_000_000;
const MAX_REORDERING_US = 1_000_000;
const REQUIRED_PACKETS = 10;
const MIN_DURATION_US = 1000;

interface Received {
  readonly sentUs: number;
  readonly receivedUs: number;
  readonly bytes: number;
}

export class ThroughputEstimator {
  #window: Received[] = [];
  #discardedSentUs = Number.NEGATIVE_INFINITY;

  /** One received packet, in the order of arrival. */
  add(sentUs: number, receivedUs: number, bytes: number): void {
    const window = this.#window;
    let at = window.length;
    while (at > 0 && receivedUs < (window[at - 1] as Received).receivedUs) at -= 1;
    const packet = { sentUs, receivedUs, bytes };
    if (at === window.length) window.push(packet);
    else window.splice(at, 0, packet);
    if ((window[window.length - 1] as Received).receivedUs - receivedUs > MAX_REORDERING_US) {
      this.#window = [];
      this.#discardedSentUs = Number.NEGATIVE_INFINITY;
      return;
    }
    let outside = 0;
    while (this.#isOutside(outside)) {
      const { sentUs: gone } = window[outside] as Received;
      this.#discardedSentUs = Math.max(this.#discardedSentUs, gone);
      outside += 1;
    }
    if (outside > 0) window.splice(0, outside);
  }

  /** Bit/s; undefined with fewer than 10 packets. */
  get bps(): number | undefined {
    const window = this.#window;
    if (window.length < REQUIRED_PACKETS) return undefined;
    const received = this.#receivedBps();
    return Math.min(received, this.#sentBps() ?? received);
  }

  /**
   * Bit/s at the receiver alone; undefined with fewer than 10 packets. More than was sent while a
   * queue drains: it is what the link carries then.
   */
  get receivedBps(): number | undefined {
    return this.#window.length < REQUIRED_PACKETS ? undefined : this.#receivedBps();
  }

  #isOutside(index: number): boolean {
    const window = this.#window;
    const count = window.length - index;
    if (count <= 0) return false;
    const newest = window[window.length - 1] as Received;
    const span = newest.receivedUs - (window[index] as Received).receivedUs;
    return (
      count > MAX_PACKETS || span > MAX_WINDOW_US || (count > KEPT_PACKETS && span > MIN_WINDOW_US)
    );
  }

  #receivedBps(): number {
    const window = this.#window;
    let [largestGap, secondGap, bytes] = [0, 0, 0];
    for (let index = 1; index < window.length; index += 1) {
      const packet = window[index] as Received;
      const gap = packet.receivedUs - (window[index - 1] as Received).receivedUs;
      if (gap > largestGap) {
        secondGap = largestGap;
        largestGap = gap;
      } else if (gap > secondGap) secondGap = gap;
      bytes += packet.bytes;
    }
    const [first, last] = [window[0] as Received, window[window.length - 1] as Received];
    const span = last.receivedUs - first.receivedUs - largestGap + secondGap;
    return (8e6 * bytes) / Math.max(span, MIN_DURATION_US);
  }

  #sentBps(): number | undefined {
    let [count, bytes, lastBytes] = [0, 0, 0];
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const packet of this.#window) {
      if (packet.sentUs < this.#discardedSentUs) continue;
      count += 1;
      bytes += packet.bytes;
      if (packet.sentUs < first) first = packet.sentUs;
      if (packet.sentUs > last) {
        last = packet.sentUs;
        lastBytes = packet.bytes;
      }
    }
    if (count < REQUIRED_PACKETS) return undefined;
    return (8e6 * (bytes - lastBytes)) / Math.max(last - first, MIN_DURATION_US);
  }
}
