/** Frames wait here until it is known when they were captured: at most half a second, and only where timestamps broke. */

import { clockRateOf, type TappedCodec, type TappedPacket } from '../tapped.js';
import { ClockFit, MAX_AHEAD_US } from '../timeline/clock-fit.js';
import { Glide } from '../timeline/glide.js';
import { FrameSource, type SourceEvent } from './frame-source.js';

/** `us`: of capture, in the engine's clock; null: of a hole. */
export type PlacedEvent = (event: SourceEvent, us: number | null) => void;

/** Half a second of 240 pictures a second. */
const MAX_WAITING = 120;

export class Placement {
  readonly codec: TappedCodec;
  readonly fit: ClockFit;
  readonly #glide: Glide;
  readonly #source: FrameSource;
  readonly #placed: PlacedEvent;
  #waiting: SourceEvent[] = [];
  /** Of the newest packet or tick. */
  #nowUs = Number.NEGATIVE_INFINITY;
  lastTimestamp = 0;

  constructor(codec: TappedCodec, placed: PlacedEvent) {
    this.codec = codec;
    this.fit = new ClockFit(clockRateOf(codec));
    this.#glide = new Glide(clockRateOf(codec));
    this.#placed = placed;
    this.#source = new FrameSource(codec, (event) => this.#handle(event));
  }

  /** By how much frames are placed too early, by reports of the last half second, µs; null: there were none. */
  get earlyUs(): number | null {
    const { lackUs } = this.fit;
    return lackUs === null ? null : lackUs + this.#glide.behindUs;
  }

  get needsKeyFrame(): boolean {
    return this.#source.needsKeyFrame;
  }

  push(packet: TappedPacket): void {
    this.#nowUs = Math.max(this.#nowUs, packet.arrivedUs);
    if (packet.payload.length > 0) this.fit.observe(packet);
    this.#source.push(packet);
  }

  tick(nowUs: number): void {
    this.#nowUs = Math.max(this.#nowUs, nowUs);
    this.#source.expire(nowUs);
    this.fit.settle(nowUs);
    if (!this.fit.isDoubtful) this.#release();
  }

  /** Nothing comes any more. */
  flush(): void {
    this.#source.flush();
    this.#release();
  }

  #handle(event: SourceEvent): void {
    if (this.fit.isDoubtful && this.#waiting.length < MAX_WAITING) {
      this.#waiting.push(event);
      return;
    }
    this.#release();
    this.#place(event);
  }

  #release(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const event of waiting) this.#place(event);
  }

  #place(event: SourceEvent): void {
    if (event.type === 'hole') this.#placed(event, null);
    else {
      this.lastTimestamp = event.timestamp;
      const us = this.#glide.at(event.timestamp, this.fit.at(event.timestamp));
      // Whatever timestamps say: a file with times that are to come would end there, and the recording with it.
      this.#placed(event, us > this.#nowUs + MAX_AHEAD_US ? this.#nowUs : us);
    }
  }
}
