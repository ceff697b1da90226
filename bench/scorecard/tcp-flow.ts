/**
 * A TCP sender and its receiver, as cross traffic: NewReno (RFC 6582) or CUBIC (RFC 9438), every
 * segment acknowledged, no SACK. Sends and acknowledgements are events of the simulation.
 */

export type TcpAlgorithm = 'newreno' | 'cubic';

export const SEGMENT_BYTES = 1448;
/** IP, TCP and timestamps. */
export const SEGMENT_WIRE_BYTES = SEGMENT_BYTES + 52;

const INITIAL_WINDOW = 10;
/** Segments: a little more than the largest scenario's link and queue hold. */
const RECEIVE_WINDOW = 200;
const MIN_RTO_US = 300_000;
const FIRST_RTO_US = 1_000_000;
const MAX_RTO_US = 60_000_000;
const CUBIC_C = 0.4;
const CUBIC_BETA = 0.7;

/** Segments are numbered from 0; `total`: how many there are. */
export class TcpFlow {
  isDone = false;

  readonly #algorithm: TcpAlgorithm;
  readonly #total: number;
  #window = INITIAL_WINDOW;
  #threshold = Number.POSITIVE_INFINITY;
  #acked = 0;
  #next = 0;
  #duplicates = 0;
  #recoverAt = -1;
  #isRecovering = false;
  #rtoUs = FIRST_RTO_US;
  #srttUs = 0;
  #varianceUs = 0;
  #timerUs = Number.POSITIVE_INFINITY;
  /** Send times of segments in flight that were sent once, for round trips (Karn). */
  readonly #sentUs = new Map<number, number>();
  #cubicMax = 0;
  #cubicStartUs = 0;
  /** The receiver: what came out of order. */
  #expected = 0;
  readonly #early = new Set<number>();

  constructor(algorithm: TcpAlgorithm, bytes: number) {
    this.#algorithm = algorithm;
    this.#total = Math.ceil(bytes / SEGMENT_BYTES);
  }

  get timerUs(): number {
    return this.#timerUs;
  }

  /** The segments to send first. */
  start(nowUs: number): number[] {
    return this.#fill(nowUs);
  }

  /** A segment reached the receiver; what it acknowledges with. */
  receive(segment: number): number {
    if (segment === this.#expected) {
      this.#expected += 1;
      while (this.#early.delete(this.#expected)) this.#expected += 1;
    } else if (segment > this.#expected) this.#early.add(segment);
    return this.#expected;
  }

  /** An acknowledgement reached the sender; the segments to send now. */
  handleAck(ack: number, nowUs: number): number[] {
    if (this.isDone) return [];
    if (ack > this.#acked) return this.#handleProgress(ack, nowUs);
    if (ack !== this.#acked || this.#next === this.#acked) return [];
    this.#duplicates += 1;
    if (this.#isRecovering) {
      this.#window += 1;
      return this.#fill(nowUs);
    }
    if (this.#duplicates !== 3 || ack < this.#recoverAt) return [];
    this.#isRecovering = true;
    this.#recoverAt = this.#next;
    this.#threshold = this.#reduced(nowUs);
    this.#window = this.#threshold + 3;
    this.#armTimer(nowUs);
    return [this.#resend(this.#acked)];
  }

  handleTimeout(nowUs: number): number[] {
    if (nowUs < this.#timerUs) return [];
    this.#threshold = this.#reduced(nowUs);
    this.#window = 1;
    this.#isRecovering = false;
    this.#duplicates = 0;
    this.#recoverAt = this.#next;
    this.#next = this.#acked;
    this.#sentUs.clear();
    this.#rtoUs = Math.min(2 * this.#rtoUs, MAX_RTO_US);
    this.#armTimer(nowUs);
    return this.#fill(nowUs, false);
  }

  #handleProgress(ack: number, nowUs: number): number[] {
    this.#measure(ack, nowUs);
    const segments = ack - this.#acked;
    this.#acked = ack;
    this.#next = Math.max(this.#next, ack);
    this.#duplicates = 0;
    if (ack >= this.#total) {
      this.isDone = true;
      this.#timerUs = Number.POSITIVE_INFINITY;
      return [];
    }
    this.#armTimer(nowUs);
    if (this.#isRecovering && ack < this.#recoverAt) {
      this.#window = Math.max(1, this.#window - segments + 1);
      return [this.#resend(ack), ...this.#fill(nowUs)];
    }
    if (this.#isRecovering) {
      this.#isRecovering = false;
      this.#window = this.#threshold;
      this.#cubicStartUs = nowUs;
    } else this.#grow(segments, nowUs);
    return this.#fill(nowUs);
  }

  #grow(segments: number, nowUs: number): void {
    if (this.#window < this.#threshold) {
      this.#window += segments;
      return;
    }
    const reno = segments / this.#window;
    if (this.#algorithm === 'newreno' || this.#cubicMax === 0) {
      this.#window += reno;
      return;
    }
    const k = Math.cbrt((this.#cubicMax * (1 - CUBIC_BETA)) / CUBIC_C);
    const elapsedS = (nowUs - this.#cubicStartUs + this.#srttUs) / 1e6;
    const target = this.#cubicMax + CUBIC_C * (elapsedS - k) ** 3;
    const cubic = Math.max(0, ((target - this.#window) * segments) / this.#window);
    this.#window += Math.min(Math.max(cubic, 0.53 * reno), 0.5 * Math.min(segments, 2));
  }

  #reduced(nowUs: number): number {
    const flight = this.#next - this.#acked;
    if (this.#algorithm === 'newreno') return Math.max(2, flight / 2);
    this.#cubicMax = flight;
    this.#cubicStartUs = nowUs;
    return Math.max(2, flight * CUBIC_BETA);
  }

  #fill(nowUs: number, isFirstTime = true): number[] {
    const segments: number[] = [];
    while (this.#next < this.#total && this.#next - this.#acked < this.#limit) {
      if (isFirstTime && this.#next >= this.#recoverAt) this.#sentUs.set(this.#next, nowUs);
      segments.push(this.#next);
      this.#next += 1;
    }
    if (segments.length > 0 && this.#timerUs === Number.POSITIVE_INFINITY) this.#armTimer(nowUs);
    return segments;
  }

  get #limit(): number {
    return Math.min(Math.floor(this.#window), RECEIVE_WINDOW);
  }

  #resend(segment: number): number {
    this.#sentUs.delete(segment);
    return segment;
  }

  #measure(ack: number, nowUs: number): void {
    const sentUs = this.#sentUs.get(ack - 1);
    for (let segment = this.#acked; segment < ack; segment += 1) this.#sentUs.delete(segment);
    if (sentUs === undefined) return;
    const rttUs = nowUs - sentUs;
    if (this.#srttUs === 0) {
      this.#srttUs = rttUs;
      this.#varianceUs = rttUs / 2;
    } else {
      this.#varianceUs = 0.75 * this.#varianceUs + 0.25 * Math.abs(this.#srttUs - rttUs);
      this.#srttUs = 0.875 * this.#srttUs + 0.125 * rttUs;
    }
    this.#rtoUs = Math.max(MIN_RTO_US, this.#srttUs + 4 * this.#varianceUs);
  }

  #armTimer(nowUs: number): void {
    this.#timerUs = nowUs + this.#rtoUs;
  }
}
