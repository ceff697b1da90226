/**
 * The packets of one track in the order of their numbers, each once. What is missing is waited for as long
 * as a retransmission may take, and then is lost.
 */
import type { TappedPacket } from '../tapped.js';

export interface InOrder {
  packet(packet: TappedPacket): void;
  /** So many packets before the next one will not come. */
  lost(count: number): void;
}

/** Retransmissions come up to a second late; longer only delays what is written after a real loss. */
export const REORDER_WAIT_US = 1_000_000;
/** More: 4K at 30 Mbit/s waits less than `REORDER_WAIT_US`. Fewer: less memory for a track that lost one packet. */
const MAX_HELD = 4096;
/** A tap counts from 0: if the first packet that comes is one of these, those before it are late, or lost. */
const FIRST_NUMBERS = 64;
/** A larger step of the numbers is a new beginning, not a loss. */
const MAX_STEP = 10_000;

export class Reorder {
  late = 0;
  readonly #out: InOrder;
  readonly #waitUs: number;
  readonly #held = new Map<number, TappedPacket>();
  #next: number | null = null;
  /** When the packet came that shows the hole. */
  #waitingSinceUs = 0;

  constructor(out: InOrder, waitUs = REORDER_WAIT_US) {
    this.#out = out;
    this.#waitUs = waitUs;
  }

  get held(): number {
    return this.#held.size;
  }

  push(packet: TappedPacket): void {
    const { sequence } = packet;
    this.#next ??= sequence < FIRST_NUMBERS ? 0 : sequence;
    if (Math.abs(sequence - this.#next) > MAX_STEP) this.#beginAt(sequence);
    if (sequence < this.#next) {
      this.late++;
      return;
    }
    if (sequence > this.#next) {
      if (this.#held.size === 0) this.#waitingSinceUs = packet.arrivedUs;
      this.#held.set(sequence, packet);
      if (this.#held.size > MAX_HELD) this.#giveUpHole();
      else this.expire(packet.arrivedUs);
      return;
    }
    this.#next++;
    this.#out.packet(packet);
    if (this.#held.size > 0) this.#deliverHeld();
  }

  /** Gives up what has been waited for long enough. */
  expire(nowUs: number): void {
    while (this.#held.size > 0 && nowUs - this.#waitingSinceUs >= this.#waitUs) this.#giveUpHole();
  }

  /** Nothing comes any more: what is held is delivered, with its holes. */
  flush(): void {
    while (this.#held.size > 0) this.#giveUpHole();
  }

  #beginAt(sequence: number): void {
    this.flush();
    this.#next = sequence;
    this.#out.lost(1);
  }

  #giveUpHole(): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (const sequence of this.#held.keys()) lowest = Math.min(lowest, sequence);
    this.#out.lost(lowest - (this.#next ?? lowest));
    this.#next = lowest;
    this.#deliverHeld();
  }

  #deliverHeld(): void {
    let next = this.#next ?? 0;
    for (;;) {
      const packet = this.#held.get(next);
      if (!packet) break;
      this.#held.delete(next++);
      this.#out.packet(packet);
    }
    this.#next = next;
    let sinceUs = Number.POSITIVE_INFINITY;
    for (const { arrivedUs } of this.#held.values()) sinceUs = Math.min(sinceUs, arrivedUs);
    this.#waitingSinceUs = sinceUs;
  }
}
