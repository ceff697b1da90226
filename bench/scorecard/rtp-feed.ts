/** One encoding of a publisher: VP8 frames (RFC 7741) from a source, written as RTP packets. */
import type { Handle } from '../../lib/engine/handle.js';
import type { EngineWire } from './engine-wire.js';
import type { VideoSource } from './video-source.js';

export const PAYLOAD_TYPE = 96;
const RTP_HEADER = 12;
/** RTP header and transport-wide number (RFC 8285, one-byte form). */
const PACKET_OVERHEAD = RTP_HEADER + 8;

/** A minimal descriptor that starts a partition, then a frame tag that tells key frames. */
const KEY_FRAME = Buffer.of(0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01);
const DELTA_FRAME = Buffer.of(0x10, 0x11, 0x02, 0x00);

export class RtpFeed {
  isKeyFrameWanted = true;

  readonly source: VideoSource;
  readonly ssrc: number;
  readonly #layer: number;
  readonly #wire: EngineWire;
  readonly #publisher: Handle;
  #sequence = 0;
  #timestamp = 0;

  constructor(
    wire: EngineWire,
    publisher: Handle,
    encoding: { source: VideoSource; ssrc: number; layer: number },
  ) {
    this.#wire = wire;
    this.#publisher = publisher;
    this.source = encoding.source;
    this.ssrc = encoding.ssrc;
    this.#layer = encoding.layer;
  }

  /** Puts the next frame into the engine's batch, which stands at its time. */
  sendFrame(isPaused: boolean): void {
    this.#timestamp = Math.round(0.09 * this.source.nextFrameUs) >>> 0;
    const sizes = this.source.nextFrame(PACKET_OVERHEAD);
    if (isPaused) return;
    for (const [packet, size] of sizes.entries()) {
      const isLast = packet === sizes.length - 1;
      this.#wire.packetIn(this.#publisher, RTP_HEADER + size, (into, at) => {
        this.#writeHeader(into, at, isLast);
        into.fill(0, at + RTP_HEADER, at + RTP_HEADER + size);
        if (packet === 0) this.#writeFrameStart(into, at + RTP_HEADER);
        into[at + RTP_HEADER + size - 1] = this.#layer;
      });
    }
    this.isKeyFrameWanted = false;
  }

  #writeHeader(into: Buffer, at: number, isLast: boolean): void {
    into.writeUInt16BE(0x8000 | (isLast ? 0x80 : 0) | PAYLOAD_TYPE, at);
    into.writeUInt16BE(this.#sequence & 0xffff, at + 2);
    into.writeUInt32BE(this.#timestamp, at + 4);
    into.writeUInt32BE(this.ssrc, at + 8);
    this.#sequence += 1;
  }

  #writeFrameStart(into: Buffer, at: number): void {
    into.set(this.isKeyFrameWanted ? KEY_FRAME : DELTA_FRAME, at);
  }
}

/** The layer that a media packet at the far end carries; undefined: a retransmission or padding. */
export function layerOf(packet: Uint8Array): number | undefined {
  const isMedia = ((packet[1] ?? 0) & 0x7f) === PAYLOAD_TYPE;
  return isMedia ? packet[packet.length - 1] : undefined;
}

/** The SSRCs that a compound asks a key frame of (RFC 4585 §6.3.1, RFC 5104 §4.3.1). */
export function keyFrameRequests(compound: Uint8Array): number[] {
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  const ssrcs: number[] = [];
  for (let at = 0; at + 12 <= compound.length; at += 4 * (view.getUint16(at + 2) + 1)) {
    if (view.getUint8(at + 1) !== 206) continue;
    const format = view.getUint8(at) & 31;
    if (format === 1) ssrcs.push(view.getUint32(at + 8));
    if (format === 4 && at + 16 <= compound.length) ssrcs.push(view.getUint32(at + 12));
  }
  return ssrcs;
}
