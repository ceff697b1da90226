/** From the packets of a track, as they arrive, to frames in order with what happened between them. */
import type { BuiltFrame } from '../ingest/format.js';
import { opusDurationUs } from '../ingest/opus.js';
import { Pictures } from '../ingest/pictures.js';
import { type InOrder, Reorder } from '../ingest/reorder.js';
import type { TappedCodec, TappedPacket } from '../tapped.js';

export type SourceEvent =
  | { type: 'frame'; timestamp: number; frame: BuiltFrame; durationMs: number }
  /** A frame that lacks packets; one that lacks what it refers to. */
  | { type: 'broken' | 'unusable'; timestamp: number }
  /** Packets are missing, of so many frames; null: nobody knows. */
  | { type: 'hole'; frames: number | null };

/** Until two pictures tell: 30 a second. */
const PICTURE_MS = 33;

export class FrameSource {
  readonly codec: TappedCodec;
  readonly #reorder: Reorder;
  readonly #pictures: Pictures | null = null;

  constructor(codec: TappedCodec, out: (event: SourceEvent) => void) {
    this.codec = codec;
    let target: InOrder;
    if (codec === 'opus') target = new Sounds(out);
    else {
      this.#pictures = new Pictures(codec, {
        picture: ({ timestamp, frame }) =>
          out({ type: 'frame', timestamp, frame, durationMs: PICTURE_MS }),
        broken: (timestamp) => out({ type: 'broken', timestamp }),
        unusable: (timestamp) => out({ type: 'unusable', timestamp }),
        hole: () => out({ type: 'hole', frames: null }),
      });
      target = this.#pictures;
    }
    this.#reorder = new Reorder(target);
  }

  get needsKeyFrame(): boolean {
    return this.#pictures?.needsKeyFrame ?? false;
  }

  get held(): number {
    return this.#reorder.held;
  }

  push(packet: TappedPacket): void {
    this.#reorder.push(packet);
  }

  expire(nowUs: number): void {
    this.#reorder.expire(nowUs);
  }

  flush(): void {
    this.#reorder.flush();
  }
}

/** Opus: each packet is a frame. Numbers are without holes in silence, too: a hole is a loss. */
class Sounds implements InOrder {
  readonly #out: (event: SourceEvent) => void;

  constructor(out: (event: SourceEvent) => void) {
    this.#out = out;
  }

  packet({ payload, timestamp }: TappedPacket): void {
    if (payload.length === 0) return;
    const durationMs = opusDurationUs(payload) / 1000;
    if (durationMs === 0) {
      this.#out({ type: 'broken', timestamp });
      return;
    }
    const frame = { parts: [payload], isKey: true };
    this.#out({ type: 'frame', timestamp, frame, durationMs });
  }

  lost(count: number): void {
    this.#out({ type: 'hole', frames: count });
  }
}
