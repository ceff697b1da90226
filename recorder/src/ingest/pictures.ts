/**
 * From packets in order to pictures. After a loss nothing can be decoded until the next key frame: what
 * comes before it is whole, but of no use, and is not written (docs/recording.md, "Gaps").
 */
import type { TappedCodec, TappedPacket } from '../tapped.js';
import { av1 } from './av1.js';
import type { BuiltFrame, PictureFormat } from './format.js';
import { H264 } from './h264.js';
import type { InOrder } from './reorder.js';
import { vp8 } from './vp8.js';
import { vp9 } from './vp9.js';

export interface Picture {
  /** Unwrapped RTP. */
  timestamp: number;
  frame: BuiltFrame;
}

export interface PictureEvents {
  picture(picture: Picture): void;
  /** It lacks packets, or is none of this codec. */
  broken(timestamp: number): void;
  /** It is whole, and what it refers to is not there. */
  unusable(timestamp: number): void;
  /** Packets are missing between two pictures. */
  hole(): void;
}

export type VideoCodec = Exclude<TappedCodec, 'opus'>;

/** A picture of more is no picture of a meeting: a bound for memory. */
const MAX_PACKETS = 8192;

export class Pictures implements InOrder {
  /** There is no use in what comes before a key frame. */
  needsKeyFrame = true;
  readonly #format: PictureFormat;
  readonly #events: PictureEvents;
  #payloads: Uint8Array[] = [];
  #timestamp = 0;
  /** The picture that is being gathered lacks its beginning. */
  #isBroken = false;

  constructor(codec: VideoCodec, events: PictureEvents) {
    this.#format = formatOf(codec);
    this.#events = events;
  }

  packet({ payload, timestamp, marker }: TappedPacket): void {
    if (payload.length === 0) return;
    if (timestamp !== this.#timestamp && this.#isOpen) this.#end();
    if (!this.#isOpen) {
      this.#timestamp = timestamp;
      this.#isBroken = this.needsKeyFrame && !this.#format.beginsKeyFrame(payload);
    }
    this.#payloads.push(payload);
    if (marker || this.#payloads.length > MAX_PACKETS) this.#end();
  }

  lost(_count: number): void {
    if (this.#isOpen) {
      this.#events.broken(this.#timestamp);
      this.#payloads = [];
    } else this.#events.hole();
    this.needsKeyFrame = true;
  }

  get #isOpen(): boolean {
    return this.#payloads.length > 0;
  }

  #end(): void {
    const payloads = this.#payloads;
    this.#payloads = [];
    if (this.#isBroken) {
      this.#events.unusable(this.#timestamp);
      return;
    }
    const frame = this.#format.build(payloads);
    if (!frame) {
      this.needsKeyFrame = true;
      this.#events.broken(this.#timestamp);
    } else if (this.needsKeyFrame && !frame.isKey) this.#events.unusable(this.#timestamp);
    else {
      this.needsKeyFrame = false;
      this.#events.picture({ timestamp: this.#timestamp, frame });
    }
  }
}

function formatOf(codec: VideoCodec): PictureFormat {
  if (codec === 'vp8') return vp8;
  if (codec === 'vp9') return vp9;
  return codec === 'av1' ? av1 : new H264();
}
