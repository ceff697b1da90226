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
/**
 * What lost feedback would have told is left out, but for this share of its time: over-use is then
 * seen late, and a rate that errs on the low side keeps the queue short.
 */
const UNKNOWN_SHARE = 0.3;

interface Received {
  readonly sentUs: number;
  readonly receivedUs: number;
  readonly bytes: number;
  /** Feedback on what was sent right before it was lost: of that time nothing is known. */
  readonly isAfterGap: boolean;
}

export class ThroughputEstimator {
  #window: Received[] = [];
  #discardedSentUs = Number.NEGATIVE_INFINITY;

  /** One received packet, in the order of arrival. */
  add(sentUs: number, receivedUs: number, bytes: number, isAfterGap = false): void {
    const window = this.#window;
    let at = window.length;
    while (at > 0 && receivedUs < (window[at - 1] as Received).receivedUs) at -= 1;
    const packet = { sentUs, receivedUs, bytes, isAfterGap };
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

  /** Whether what lies between the gaps suffices, so that they can be left out. */
  get #areGapsLeftOut(): boolean {
    let intervals = 0;
    for (const { isAfterGap } of this.#window) if (!isAfterGap) intervals += 1;
    return intervals > REQUIRED_PACKETS;
  }

  #receivedBps(): number {
    const window = this.#window;
    const areLeftOut = this.#areGapsLeftOut;
    let [largestGap, secondGap, bytes, span] = [0, 0, 0, 0];
    for (let index = 1; index < window.length; index += 1) {
      const packet = window[index] as Received;
      const gap = packet.receivedUs - (window[index - 1] as Received).receivedUs;
      if (areLeftOut && packet.isAfterGap) {
        span += UNKNOWN_SHARE * gap;
        continue;
      }
      if (gap > largestGap) {
        secondGap = largestGap;
        largestGap = gap;
      } else if (gap > secondGap) secondGap = gap;
      bytes += packet.bytes;
      span += gap;
    }
    return (8e6 * bytes) / Math.max(span - largestGap + secondGap, MIN_DURATION_US);
  }

  #sentBps(): number | undefined {
    const areLeftOut = this.#areGapsLeftOut;
    let [count, bytes, lastBytes, leftOutUs] = [0, 0, 0, 0];
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const packet of this.#window) {
      if (packet.sentUs < this.#discardedSentUs) continue;
      if (areLeftOut && packet.isAfterGap && packet.sentUs > last && count > 0) {
        leftOutUs += (1 - UNKNOWN_SHARE) * (packet.sentUs - last);
        bytes -= lastBytes;
      }
      count += 1;
      bytes += packet.bytes;
      if (packet.sentUs < first) first = packet.sentUs;
      if (packet.sentUs > last) {
        last = packet.sentUs;
        lastBytes = packet.bytes;
      }
    }
    if (count < REQUIRED_PACKETS) return undefined;
    return (8e6 * (bytes - lastBytes)) / Math.max(last - first - leftOutUs, MIN_DURATION_US);
  }
}
