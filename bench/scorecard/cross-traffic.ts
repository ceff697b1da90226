/** TCP flows as events of the simulation: one long transfer, or short ones with pauses. */
import type { CrossFlow } from './conditions.js';
import { EventHeap } from './event-heap.js';
import { FlowRecord } from './flow-record.js';
import type { Way } from './link.js';
import type { Random } from './random.js';
import { SEGMENT_WIRE_BYTES, TcpFlow } from './tcp-flow.js';

const MEAN_PAUSE_US = 10_000_000;
const MIN_FILE = 100_000;
const MAX_FILE = 1_000_000;
/** A transfer that no simulation finishes. */
const ENDLESS = 1e12;

export interface SegmentSent {
  readonly atUs: number;
  readonly segment: number;
  /** Which transfer it belongs to: late segments of an earlier one are nobody's. */
  readonly transfer: number;
}

type CrossEvent = { kind: 'begin' } | { kind: 'ack'; ack: number; transfer: number };

export class CrossEndpoint {
  readonly record: FlowRecord;
  readonly flow: CrossFlow;
  readonly forward: Way;

  readonly #backward: Way;
  readonly #random: Random;
  readonly #events = new EventHeap<CrossEvent>();
  #tcp: TcpFlow | undefined;
  #transfer = 0;

  constructor(flow: CrossFlow, ways: { forward: Way; backward: Way }, random: Random) {
    this.flow = flow;
    this.forward = ways.forward;
    this.#backward = ways.backward;
    this.#random = random;
    this.record = new FlowRecord(flow.id, false);
    const pause = flow.isShort && !flow.isOnAtStart ? random.exponential(MEAN_PAUSE_US) : 0;
    this.#events.push(flow.startUs + pause, { kind: 'begin' });
  }

  /** Lets time pass; what is sent meanwhile, in the order of time. */
  advance(untilUs: number): SegmentSent[] {
    const sent: SegmentSent[] = [];
    for (;;) {
      const timerUs = this.#tcp?.timerUs ?? Number.POSITIVE_INFINITY;
      const atUs = Math.min(this.#events.nextUs, timerUs);
      if (atUs > untilUs || atUs >= this.flow.stopUs) return sent;
      const event = this.#events.pop(atUs);
      const segments = event ? this.#handle(event.item, atUs) : this.#tcp?.handleTimeout(atUs);
      for (const segment of segments ?? []) {
        sent.push({ atUs, segment, transfer: this.#transfer });
      }
      if (this.#tcp?.isDone) this.#end(atUs);
    }
  }

  /** A segment has passed the bottleneck (or not). */
  handlePassage(sent: SegmentSent, waitUs: number, departedUs: number | undefined): void {
    const arrivedUs = departedUs === undefined ? Number.NaN : this.forward.arrivalUs(departedUs);
    this.record.add(sent.atUs, SEGMENT_WIRE_BYTES, waitUs, arrivedUs);
    if (departedUs === undefined || sent.transfer !== this.#transfer || !this.#tcp) return;
    const ack = this.#tcp.receive(sent.segment);
    const ackedUs = this.#backward.arrivalUs(arrivedUs);
    this.#events.push(ackedUs, { kind: 'ack', ack, transfer: sent.transfer });
  }

  #handle(event: CrossEvent, atUs: number): number[] {
    if (event.kind === 'begin') {
      const size = MIN_FILE + (MAX_FILE - MIN_FILE) * this.#random.uniform();
      this.#transfer += 1;
      this.#tcp = new TcpFlow(this.flow.algorithm, this.flow.isShort ? size : ENDLESS);
      return this.#tcp.start(atUs);
    }
    if (event.transfer !== this.#transfer || !this.#tcp) return [];
    return this.#tcp.handleAck(event.ack, atUs);
  }

  #end(atUs: number): void {
    this.#tcp = undefined;
    this.#events.push(atUs + this.#random.exponential(MEAN_PAUSE_US), { kind: 'begin' });
  }
}
