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

/** A power of two above MAX_PACKETS. */
const CAPACITY = 512;

/**
 * Received packets in the order of arrival: a ring, a column for each of their facts. Its 13 KB are
 * there from the first packet on: many participants of a lobby or a quiet room never get any.
 */
class ArrivalWindow {
  #sentUs = new Float64Array();
  #receivedUs = new Float64Array();
  #bytes = new Float64Array();
  /** 1: feedback on what was sent right before it was lost: of that time nothing is known. */
  #afterGap = new Uint8Array();
  #start = 0;
  length = 0;

  sentUs(index: number): number {
    return this.#sentUs[this.#at(index)] as number;
  }

  receivedUs(index: number): number {
    return this.#receivedUs[this.#at(index)] as number;
  }

  bytes(index: number): number {
    return this.#bytes[this.#at(index)] as number;
  }

  isAfterGap(index: number): boolean {
    return this.#afterGap[this.#at(index)] === 1;
  }

  /** Behind those that arrived no later. */
  insert(sentUs: number, receivedUs: number, bytes: number, isAfterGap: boolean): void {
    if (this.#sentUs.length === 0) this.#allocate();
    let index = this.length;
    this.length += 1;
    for (; index > 0 && receivedUs < this.receivedUs(index - 1); index -= 1) {
      const [from, to] = [this.#at(index - 1), this.#at(index)];
      for (const column of [this.#sentUs, this.#receivedUs, this.#bytes, this.#afterGap]) {
        column[to] = column[from] as number;
      }
    }
    const at = this.#at(index);
    this.#sentUs[at] = sentUs;
    this.#receivedUs[at] = receivedUs;
    this.#bytes[at] = bytes;
    this.#afterGap[at] = isAfterGap ? 1 : 0;
  }

  removeFirst(): void {
    this.#start = this.#at(1);
    this.length -= 1;
  }

  clear(): void {
    this.length = 0;
  }

  #allocate(): void {
    this.#sentUs = new Float64Array(CAPACITY);
    this.#receivedUs = new Float64Array(CAPACITY);
    this.#bytes = new Float64Array(CAPACITY);
    this.#afterGap = new Uint8Array(CAPACITY);
  }

  #at(index: number): number {
    return (this.#start + index) & (CAPACITY - 1);
  }
}

interface Rates {
  readonly receivedBps: number;
  /** The smaller of this and what was sent. */
  readonly bps: number;
}

export class ThroughputEstimator {
  readonly #window = new ArrivalWindow();
  #discardedSentUs = Number.NEGATIVE_INFINITY;
  /** Of the window as it is; undefined: not reckoned yet, or too few packets. */
  #rates: Rates | undefined;

  /** One received packet, in the order of arrival. */
  add(sentUs: number, receivedUs: number, bytes: number, isAfterGap = false): void {
    const window = this.#window;
    this.#rates = undefined;
    window.insert(sentUs, receivedUs, bytes, isAfterGap);
    if (window.receivedUs(window.length - 1) - receivedUs > MAX_REORDERING_US) {
      window.clear();
      this.#discardedSentUs = Number.NEGATIVE_INFINITY;
      return;
    }
    while (this.#isFirstOutside()) {
      this.#discardedSentUs = Math.max(this.#discardedSentUs, window.sentUs(0));
      window.removeFirst();
    }
  }

  /** Bit/s; undefined with fewer than 10 packets. */
  get bps(): number | undefined {
    return this.#reckon()?.bps;
  }

  /**
   * Bit/s at the receiver alone; undefined with fewer than 10 packets. More than was sent while a
   * queue drains: it is what the link carries then.
   */
  get receivedBps(): number | undefined {
    return this.#reckon()?.receivedBps;
  }

  /** Asked for several times for each feedback, of hundreds of packets. */
  #reckon(): Rates | undefined {
    if (this.#rates || this.#window.length < REQUIRED_PACKETS) return this.#rates;
    const receivedBps = this.#receivedBps();
    const bps = Math.min(receivedBps, this.#sentBps() ?? receivedBps);
    this.#rates = { receivedBps, bps };
    return this.#rates;
  }

  #isFirstOutside(): boolean {
    const window = this.#window;
    const count = window.length;
    if (count === 0) return false;
    const span = window.receivedUs(count - 1) - window.receivedUs(0);
    return (
      count > MAX_PACKETS || span > MAX_WINDOW_US || (count > KEPT_PACKETS && span > MIN_WINDOW_US)
    );
  }

  /** Whether what lies between the gaps suffices, so that they can be left out. */
  get #areGapsLeftOut(): boolean {
    const window = this.#window;
    let intervals = 0;
    for (let index = 0; index < window.length; index += 1) {
      if (!window.isAfterGap(index)) intervals += 1;
    }
    return intervals > REQUIRED_PACKETS;
  }

  #receivedBps(): number {
    const window = this.#window;
    const areLeftOut = this.#areGapsLeftOut;
    let [largestGap, secondGap, bytes, span] = [0, 0, 0, 0];
    for (let index = 1; index < window.length; index += 1) {
      const gap = window.receivedUs(index) - window.receivedUs(index - 1);
      if (areLeftOut && window.isAfterGap(index)) {
        span += UNKNOWN_SHARE * gap;
        continue;
      }
      if (gap > largestGap) {
        secondGap = largestGap;
        largestGap = gap;
      } else if (gap > secondGap) secondGap = gap;
      bytes += window.bytes(index);
      span += gap;
    }
    return (8e6 * bytes) / Math.max(span - largestGap + secondGap, MIN_DURATION_US);
  }

  #sentBps(): number | undefined {
    const window = this.#window;
    const areLeftOut = this.#areGapsLeftOut;
    let [count, bytes, lastBytes, leftOutUs] = [0, 0, 0, 0];
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let index = 0; index < window.length; index += 1) {
      const sentUs = window.sentUs(index);
      if (sentUs < this.#discardedSentUs) continue;
      if (areLeftOut && window.isAfterGap(index) && sentUs > last && count > 0) {
        leftOutUs += (1 - UNKNOWN_SHARE) * (sentUs - last);
        bytes -= lastBytes;
      }
      count += 1;
      bytes += window.bytes(index);
      if (sentUs < first) first = sentUs;
      if (sentUs > last) {
        last = sentUs;
        lastBytes = window.bytes(index);
      }
    }
    if (count < REQUIRED_PACKETS) return undefined;
    return (8e6 * (bytes - lastBytes)) / Math.max(last - first - leftOutUs, MIN_DURATION_US);
  }
}
